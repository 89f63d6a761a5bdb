-- Create "saved_queries" table
CREATE TABLE "saved_queries" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "name" character varying NOT NULL, "description" character varying NULL, "shared" boolean NOT NULL, "dataset" character varying NOT NULL, "analysis" character varying NOT NULL, "owner_id" bigint NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "saved_queries_users_owner" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "savedquery_external_source_external_id" to table: "saved_queries"
CREATE UNIQUE INDEX "savedquery_external_source_external_id" ON "saved_queries" ("external_source", "external_id");
-- Create index "savedquery_owner_id" to table: "saved_queries"
CREATE INDEX "savedquery_owner_id" ON "saved_queries" ("owner_id");
