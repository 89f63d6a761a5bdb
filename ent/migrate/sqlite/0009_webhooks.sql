-- Create "webhooks" table
CREATE TABLE `webhooks` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `name` text NOT NULL, `scope_kind` text NOT NULL, `scope_id` integer NULL, `reads_money` bool NOT NULL, `reads_rate` bool NOT NULL, `reads_personal` bool NOT NULL, `url` text NOT NULL, `events` json NOT NULL, `active` bool NOT NULL, `secret_generation` integer NOT NULL, `secret_rotated_at` datetime NULL, `from_number` integer NOT NULL, `rounds` integer NOT NULL, `discarded_to` integer NOT NULL, `owner_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `webhooks_users_owner` FOREIGN KEY (`owner_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Create index "webhook_external_source_external_id" to table: "webhooks"
CREATE UNIQUE INDEX `webhook_external_source_external_id` ON `webhooks` (`external_source`, `external_id`);
-- Create index "webhook_owner_id" to table: "webhooks"
CREATE INDEX `webhook_owner_id` ON `webhooks` (`owner_id`);
-- How far recipients outside were told, and what they were not told: outside the journal, since telling changes nothing in the record.
CREATE TABLE `delivery` (`channel` text NOT NULL, `recipient` integer NOT NULL, `up_to` text NOT NULL, `round` integer NOT NULL, `version` integer NOT NULL, `due_at` text NULL, `told_at` text NULL, `failed` integer NOT NULL, `since` text NULL, `error` text NOT NULL, `stopped` bool NOT NULL, PRIMARY KEY (`channel`, `recipient`));
CREATE TABLE `dead_letter` (`channel` text NOT NULL, `recipient` integer NOT NULL, `number` integer NOT NULL, `at` text NOT NULL, `attempts` integer NOT NULL, `error` text NOT NULL, PRIMARY KEY (`channel`, `recipient`, `number`));
