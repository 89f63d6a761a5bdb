-- Create "registered_documents" table
CREATE TABLE "registered_documents" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "name" character varying NOT NULL, "document_id" character varying NOT NULL, "text" character varying NOT NULL, "registered_by_id" bigint NULL, PRIMARY KEY ("id"), CONSTRAINT "registered_documents_users_registered_by" FOREIGN KEY ("registered_by_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "registereddocument_document_id" to table: "registered_documents"
CREATE UNIQUE INDEX "registereddocument_document_id" ON "registered_documents" ("document_id");
-- Create index "registereddocument_external_source_external_id" to table: "registered_documents"
CREATE UNIQUE INDEX "registereddocument_external_source_external_id" ON "registered_documents" ("external_source", "external_id");
-- Create index "registereddocument_name" to table: "registered_documents"
CREATE UNIQUE INDEX "registereddocument_name" ON "registered_documents" ("name");
