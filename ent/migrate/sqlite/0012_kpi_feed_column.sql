-- Disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- Create "new_kpi_definitions" table
CREATE TABLE `new_kpi_definitions` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `code` text NOT NULL, `name` text NOT NULL, `description` text NULL, `unit` text NOT NULL, `currency` text NULL, `about_money` bool NOT NULL, `direction` text NOT NULL, `source` text NOT NULL, `metric` text NULL, `formula_version` integer NOT NULL, `rollup` text NOT NULL, `weight` text NULL, `cadence` text NOT NULL, `green` integer NULL, `amber` integer NULL, `green_high` integer NULL, `amber_high` integer NULL, `feed_column` text NULL, `portfolio_id` integer NULL, `program_id` integer NULL, `owner_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `kpi_definitions_portfolios_portfolio` FOREIGN KEY (`portfolio_id`) REFERENCES `portfolios` (`id`) ON DELETE NO ACTION, CONSTRAINT `kpi_definitions_programs_program` FOREIGN KEY (`program_id`) REFERENCES `programs` (`id`) ON DELETE NO ACTION, CONSTRAINT `kpi_definitions_users_owner` FOREIGN KEY (`owner_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Copy rows from old table "kpi_definitions" to new temporary table "new_kpi_definitions"
INSERT INTO `new_kpi_definitions` (`id`, `created_at`, `updated_at`, `seq`, `external_source`, `external_id`, `archived_at`, `code`, `name`, `description`, `unit`, `currency`, `about_money`, `direction`, `source`, `metric`, `formula_version`, `rollup`, `weight`, `cadence`, `green`, `amber`, `green_high`, `amber_high`, `portfolio_id`, `program_id`, `owner_id`) SELECT `id`, `created_at`, `updated_at`, `seq`, `external_source`, `external_id`, `archived_at`, `code`, `name`, `description`, `unit`, `currency`, `about_money`, `direction`, `source`, `metric`, `formula_version`, `rollup`, `weight`, `cadence`, `green`, `amber`, `green_high`, `amber_high`, `portfolio_id`, `program_id`, `owner_id` FROM `kpi_definitions`;
-- Drop "kpi_definitions" table after copying rows
DROP TABLE `kpi_definitions`;
-- Rename temporary table "new_kpi_definitions" to "kpi_definitions"
ALTER TABLE `new_kpi_definitions` RENAME TO `kpi_definitions`;
-- Create index "kpidefinition_external_source_external_id" to table: "kpi_definitions"
CREATE UNIQUE INDEX `kpidefinition_external_source_external_id` ON `kpi_definitions` (`external_source`, `external_id`);
-- Create index "kpidefinition_portfolio_id_program_id_code" to table: "kpi_definitions"
CREATE UNIQUE INDEX `kpidefinition_portfolio_id_program_id_code` ON `kpi_definitions` (`portfolio_id`, `program_id`, `code`);
-- Create index "kpidefinition_program_id" to table: "kpi_definitions"
CREATE INDEX `kpidefinition_program_id` ON `kpi_definitions` (`program_id`);
-- Create index "kpidefinition_feed_column" to table: "kpi_definitions"
CREATE UNIQUE INDEX `kpidefinition_feed_column` ON `kpi_definitions` (`feed_column`);
-- Enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
