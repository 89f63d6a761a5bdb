-- Create "registered_documents" table
CREATE TABLE `registered_documents` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `name` text NOT NULL, `document_id` text NOT NULL, `text` text NOT NULL, `registered_by_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `registered_documents_users_registered_by` FOREIGN KEY (`registered_by_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Create index "registereddocument_external_source_external_id" to table: "registered_documents"
CREATE UNIQUE INDEX `registereddocument_external_source_external_id` ON `registered_documents` (`external_source`, `external_id`);
-- Create index "registereddocument_name" to table: "registered_documents"
CREATE UNIQUE INDEX `registereddocument_name` ON `registered_documents` (`name`);
-- Create index "registereddocument_document_id" to table: "registered_documents"
CREATE UNIQUE INDEX `registereddocument_document_id` ON `registered_documents` (`document_id`);
