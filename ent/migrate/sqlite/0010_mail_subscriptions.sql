-- Add column "timezone" to table: "users"
ALTER TABLE `users` ADD COLUMN `timezone` text NULL;
-- Create "mail_subscriptions" table
CREATE TABLE `mail_subscriptions` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `scope_kind` text NOT NULL, `scope_id` integer NULL, `about_structure` bool NOT NULL, `about_plan` bool NOT NULL, `about_reports` bool NOT NULL, `about_money` bool NOT NULL, `about_people` bool NOT NULL, `delivery` text NOT NULL, `hour` integer NOT NULL, `weekday` text NOT NULL, `active` bool NOT NULL, `user_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `mail_subscriptions_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Create index "mailsubscription_external_source_external_id" to table: "mail_subscriptions"
CREATE UNIQUE INDEX `mailsubscription_external_source_external_id` ON `mail_subscriptions` (`external_source`, `external_id`);
-- Create index "mailsubscription_user_id" to table: "mail_subscriptions"
CREATE INDEX `mailsubscription_user_id` ON `mail_subscriptions` (`user_id`);
