-- Add column "tokens_valid_from" to table: "users"
ALTER TABLE `users` ADD COLUMN `tokens_valid_from` datetime NULL;
-- Create "feed_keys" table
CREATE TABLE `feed_keys` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `name` text NOT NULL, `scope_kind` text NOT NULL, `scope_id` integer NULL, `reads_money` bool NOT NULL, `reads_rate` bool NOT NULL, `reads_personal` bool NOT NULL, `secret_hash` text NOT NULL, `valid_to` datetime NOT NULL, `revoked_at` datetime NULL, `owner_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `feed_keys_users_owner` FOREIGN KEY (`owner_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Create index "feedkey_external_source_external_id" to table: "feed_keys"
CREATE UNIQUE INDEX `feedkey_external_source_external_id` ON `feed_keys` (`external_source`, `external_id`);
-- Create index "feedkey_owner_id" to table: "feed_keys"
CREATE INDEX `feedkey_owner_id` ON `feed_keys` (`owner_id`);
-- Create "token_revocations" table
CREATE TABLE `token_revocations` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `issuer` text NOT NULL, `token_id` text NOT NULL, `expires_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- Create index "tokenrevocation_external_source_external_id" to table: "token_revocations"
CREATE UNIQUE INDEX `tokenrevocation_external_source_external_id` ON `token_revocations` (`external_source`, `external_id`);
-- Create index "tokenrevocation_issuer_token_id" to table: "token_revocations"
CREATE UNIQUE INDEX `tokenrevocation_issuer_token_id` ON `token_revocations` (`issuer`, `token_id`);
-- When feed keys were last used: outside the journal, since using one changes nothing in the record.
CREATE TABLE `feed_key_use` (`feed_key_id` integer NOT NULL, `used_at` text NOT NULL, PRIMARY KEY (`feed_key_id`));
