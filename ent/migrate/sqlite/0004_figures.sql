-- Add column "currency" to table: "baselines"
ALTER TABLE `baselines` ADD COLUMN `currency` text NULL;
-- Add column "weight" to table: "baseline_entries"
ALTER TABLE `baseline_entries` ADD COLUMN `weight` integer NULL;
-- Create "allocations" table
CREATE TABLE `allocations` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `commitment` text NOT NULL, `state` text NOT NULL, `probability` integer NULL, `start` text NOT NULL, `finish` text NOT NULL, `note` text NULL, `project_id` integer NOT NULL, `resource_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `allocations_projects_project` FOREIGN KEY (`project_id`) REFERENCES `projects` (`id`) ON DELETE NO ACTION, CONSTRAINT `allocations_resources_resource` FOREIGN KEY (`resource_id`) REFERENCES `resources` (`id`) ON DELETE NO ACTION);
-- Create index "allocation_external_source_external_id" to table: "allocations"
CREATE UNIQUE INDEX `allocation_external_source_external_id` ON `allocations` (`external_source`, `external_id`);
-- Create index "allocation_project_id" to table: "allocations"
CREATE INDEX `allocation_project_id` ON `allocations` (`project_id`);
-- Create index "allocation_resource_id" to table: "allocations"
CREATE INDEX `allocation_resource_id` ON `allocations` (`resource_id`);
-- Create "allocation_hours" table
CREATE TABLE `allocation_hours` (`id` integer NOT NULL, `seq` integer NOT NULL, `period_start` text NOT NULL, `period_end` text NOT NULL, `minutes` integer NOT NULL, `resource_id` integer NOT NULL, `allocation_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `allocation_hours_resources_resource` FOREIGN KEY (`resource_id`) REFERENCES `resources` (`id`) ON DELETE NO ACTION, CONSTRAINT `allocation_hours_allocations_allocation` FOREIGN KEY (`allocation_id`) REFERENCES `allocations` (`id`) ON DELETE NO ACTION);
-- Create "baseline_periods" table
CREATE TABLE `baseline_periods` (`id` integer NOT NULL, `seq` integer NOT NULL, `period` text NOT NULL, `amount` integer NULL, `project_id` integer NOT NULL, `baseline_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `baseline_periods_projects_project` FOREIGN KEY (`project_id`) REFERENCES `projects` (`id`) ON DELETE NO ACTION, CONSTRAINT `baseline_periods_baselines_baseline` FOREIGN KEY (`baseline_id`) REFERENCES `baselines` (`id`) ON DELETE NO ACTION);
-- Create "budget_lines" table
CREATE TABLE `budget_lines` (`id` integer NOT NULL, `seq` integer NOT NULL, `reserve_kind` text NOT NULL, `currency` text NOT NULL, `period` text NOT NULL, `amount` integer NULL, `project_id` integer NOT NULL, `cost_category_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `budget_lines_projects_project` FOREIGN KEY (`project_id`) REFERENCES `projects` (`id`) ON DELETE NO ACTION, CONSTRAINT `budget_lines_cost_categories_cost_category` FOREIGN KEY (`cost_category_id`) REFERENCES `cost_categories` (`id`) ON DELETE NO ACTION);
-- Create "capacity_entries" table
CREATE TABLE `capacity_entries` (`id` integer NOT NULL, `seq` integer NOT NULL, `period_start` text NOT NULL, `grain` text NOT NULL, `source` text NOT NULL, `minutes` integer NOT NULL, `resource_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `capacity_entries_resources_resource` FOREIGN KEY (`resource_id`) REFERENCES `resources` (`id`) ON DELETE NO ACTION);
-- Create "cost_categories" table
CREATE TABLE `cost_categories` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `code` text NOT NULL, `name` text NOT NULL, PRIMARY KEY (`id`));
-- Create index "costcategory_external_source_external_id" to table: "cost_categories"
CREATE UNIQUE INDEX `costcategory_external_source_external_id` ON `cost_categories` (`external_source`, `external_id`);
-- Create index "costcategory_code" to table: "cost_categories"
CREATE UNIQUE INDEX `costcategory_code` ON `cost_categories` (`code`);
-- Create "cost_entries" table
CREATE TABLE `cost_entries` (`id` integer NOT NULL, `seq` integer NOT NULL, `currency` text NOT NULL, `period` text NOT NULL, `planned` integer NULL, `actual` integer NULL, `committed` integer NULL, `forecast` integer NULL, `project_id` integer NOT NULL, `cost_category_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `cost_entries_projects_project` FOREIGN KEY (`project_id`) REFERENCES `projects` (`id`) ON DELETE NO ACTION, CONSTRAINT `cost_entries_cost_categories_cost_category` FOREIGN KEY (`cost_category_id`) REFERENCES `cost_categories` (`id`) ON DELETE NO ACTION);
-- Create "kpi_definitions" table
CREATE TABLE `kpi_definitions` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `code` text NOT NULL, `name` text NOT NULL, `description` text NULL, `unit` text NOT NULL, `currency` text NULL, `about_money` bool NOT NULL, `direction` text NOT NULL, `source` text NOT NULL, `metric` text NULL, `formula_version` integer NOT NULL, `rollup` text NOT NULL, `weight` text NULL, `cadence` text NOT NULL, `green` integer NULL, `amber` integer NULL, `green_high` integer NULL, `amber_high` integer NULL, `portfolio_id` integer NULL, `program_id` integer NULL, `owner_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `kpi_definitions_portfolios_portfolio` FOREIGN KEY (`portfolio_id`) REFERENCES `portfolios` (`id`) ON DELETE NO ACTION, CONSTRAINT `kpi_definitions_programs_program` FOREIGN KEY (`program_id`) REFERENCES `programs` (`id`) ON DELETE NO ACTION, CONSTRAINT `kpi_definitions_users_owner` FOREIGN KEY (`owner_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Create index "kpidefinition_external_source_external_id" to table: "kpi_definitions"
CREATE UNIQUE INDEX `kpidefinition_external_source_external_id` ON `kpi_definitions` (`external_source`, `external_id`);
-- Create index "kpidefinition_portfolio_id_program_id_code" to table: "kpi_definitions"
CREATE UNIQUE INDEX `kpidefinition_portfolio_id_program_id_code` ON `kpi_definitions` (`portfolio_id`, `program_id`, `code`);
-- Create index "kpidefinition_program_id" to table: "kpi_definitions"
CREATE INDEX `kpidefinition_program_id` ON `kpi_definitions` (`program_id`);
-- Create "kpi_measurements" table
CREATE TABLE `kpi_measurements` (`id` integer NOT NULL, `seq` integer NOT NULL, `period_end` text NOT NULL, `period_start` text NULL, `reason` text NULL, `value` integer NULL, `target` integer NULL, `numerator` integer NULL, `denominator` integer NULL, `money_value` integer NULL, `money_target` integer NULL, `money_numerator` integer NULL, `money_denominator` integer NULL, `project_id` integer NULL, `program_id` integer NULL, `portfolio_id` integer NULL, `kpi_definition_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `kpi_measurements_projects_project` FOREIGN KEY (`project_id`) REFERENCES `projects` (`id`) ON DELETE NO ACTION, CONSTRAINT `kpi_measurements_programs_program` FOREIGN KEY (`program_id`) REFERENCES `programs` (`id`) ON DELETE NO ACTION, CONSTRAINT `kpi_measurements_portfolios_portfolio` FOREIGN KEY (`portfolio_id`) REFERENCES `portfolios` (`id`) ON DELETE NO ACTION, CONSTRAINT `kpi_measurements_kpi_definitions_kpi_definition` FOREIGN KEY (`kpi_definition_id`) REFERENCES `kpi_definitions` (`id`) ON DELETE NO ACTION);
-- Create "rate_cards" table
CREATE TABLE `rate_cards` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `role_name` text NOT NULL, `valid_from` text NOT NULL, `currency` text NOT NULL, `hourly_rate` integer NOT NULL, PRIMARY KEY (`id`));
-- Create index "ratecard_external_source_external_id" to table: "rate_cards"
CREATE UNIQUE INDEX `ratecard_external_source_external_id` ON `rate_cards` (`external_source`, `external_id`);
-- Create index "ratecard_role_name_valid_from" to table: "rate_cards"
CREATE UNIQUE INDEX `ratecard_role_name_valid_from` ON `rate_cards` (`role_name`, `valid_from`);
-- Create "tolerances" table
CREATE TABLE `tolerances` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `dimension` text NOT NULL, `green` integer NOT NULL, `amber` integer NOT NULL, `category` text NULL, PRIMARY KEY (`id`));
-- Create index "tolerance_external_source_external_id" to table: "tolerances"
CREATE UNIQUE INDEX `tolerance_external_source_external_id` ON `tolerances` (`external_source`, `external_id`);
-- Create index "tolerance_category_dimension" to table: "tolerances"
CREATE UNIQUE INDEX `tolerance_category_dimension` ON `tolerances` (`category`, `dimension`);
