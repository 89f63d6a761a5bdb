-- Create "saved_queries" table
CREATE TABLE `saved_queries` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `name` text NOT NULL, `description` text NULL, `shared` bool NOT NULL, `dataset` text NOT NULL, `analysis` text NOT NULL, `owner_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `saved_queries_users_owner` FOREIGN KEY (`owner_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Create index "savedquery_external_source_external_id" to table: "saved_queries"
CREATE UNIQUE INDEX `savedquery_external_source_external_id` ON `saved_queries` (`external_source`, `external_id`);
-- Create index "savedquery_owner_id" to table: "saved_queries"
CREATE INDEX `savedquery_owner_id` ON `saved_queries` (`owner_id`);
