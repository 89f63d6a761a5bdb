-- Modify "kpi_definitions" table
ALTER TABLE "kpi_definitions" ADD COLUMN "feed_column" character varying NULL;
-- Create index "kpidefinition_feed_column" to table: "kpi_definitions"
CREATE UNIQUE INDEX "kpidefinition_feed_column" ON "kpi_definitions" ("feed_column");
