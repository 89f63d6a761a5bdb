-- Create "baselines" table
CREATE TABLE `baselines` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `number` integer NOT NULL, `state` text NOT NULL, `approved_on` text NULL, `reason` text NOT NULL, `project_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `baselines_projects_project` FOREIGN KEY (`project_id`) REFERENCES `projects` (`id`) ON DELETE NO ACTION);
-- Create index "baseline_external_source_external_id" to table: "baselines"
CREATE UNIQUE INDEX `baseline_external_source_external_id` ON `baselines` (`external_source`, `external_id`);
-- Create index "baseline_project_id_number" to table: "baselines"
CREATE UNIQUE INDEX `baseline_project_id_number` ON `baselines` (`project_id`, `number`);
-- Create "baseline_entries" table
CREATE TABLE `baseline_entries` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `item_kind` text NOT NULL, `start` text NULL, `finish` text NULL, `baseline_id` integer NOT NULL, `project_id` integer NOT NULL, `milestone_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `baseline_entries_baselines_baseline` FOREIGN KEY (`baseline_id`) REFERENCES `baselines` (`id`) ON DELETE NO ACTION, CONSTRAINT `baseline_entries_projects_project` FOREIGN KEY (`project_id`) REFERENCES `projects` (`id`) ON DELETE NO ACTION, CONSTRAINT `baseline_entries_milestones_milestone` FOREIGN KEY (`milestone_id`) REFERENCES `milestones` (`id`) ON DELETE NO ACTION);
-- Create index "baselineentry_external_source_external_id" to table: "baseline_entries"
CREATE UNIQUE INDEX `baselineentry_external_source_external_id` ON `baseline_entries` (`external_source`, `external_id`);
-- Create index "baselineentry_baseline_id_milestone_id" to table: "baseline_entries"
CREATE UNIQUE INDEX `baselineentry_baseline_id_milestone_id` ON `baseline_entries` (`baseline_id`, `milestone_id`);
-- Create index "baselineentry_milestone_id" to table: "baseline_entries"
CREATE INDEX `baselineentry_milestone_id` ON `baseline_entries` (`milestone_id`);
-- Create index "baselineentry_project_id" to table: "baseline_entries"
CREATE INDEX `baselineentry_project_id` ON `baseline_entries` (`project_id`);
-- Create "exchange_rates" table
CREATE TABLE `exchange_rates` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `from_currency` text NOT NULL, `to_currency` text NOT NULL, `valid_from` text NOT NULL, `rate` integer NOT NULL, `source` text NULL, PRIMARY KEY (`id`));
-- Create index "exchangerate_external_source_external_id" to table: "exchange_rates"
CREATE UNIQUE INDEX `exchangerate_external_source_external_id` ON `exchange_rates` (`external_source`, `external_id`);
-- Create index "exchangerate_from_currency_to_currency_valid_from" to table: "exchange_rates"
CREATE UNIQUE INDEX `exchangerate_from_currency_to_currency_valid_from` ON `exchange_rates` (`from_currency`, `to_currency`, `valid_from`);
-- Create "milestones" table
CREATE TABLE `milestones` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `name` text NOT NULL, `state` text NOT NULL, `forecast_date` text NULL, `actual_date` text NULL, `weight` integer NOT NULL, `budget` integer NULL, `is_contractual` bool NOT NULL, `is_finish` bool NOT NULL, `project_id` integer NOT NULL, `owner_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `milestones_projects_project` FOREIGN KEY (`project_id`) REFERENCES `projects` (`id`) ON DELETE NO ACTION, CONSTRAINT `milestones_users_owner` FOREIGN KEY (`owner_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Create index "milestone_external_source_external_id" to table: "milestones"
CREATE UNIQUE INDEX `milestone_external_source_external_id` ON `milestones` (`external_source`, `external_id`);
-- Create index "milestone_project_id_name" to table: "milestones"
CREATE UNIQUE INDEX `milestone_project_id_name` ON `milestones` (`project_id`, `name`);
-- Create "organisations" table
CREATE TABLE `organisations` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `name` text NOT NULL, `currency` text NOT NULL, `timezone` text NOT NULL, `fiscal_year_start` integer NOT NULL, `standard_week_minutes` integer NOT NULL, `report_validity_months` integer NOT NULL, `calendar_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `organisations_work_calendars_calendar` FOREIGN KEY (`calendar_id`) REFERENCES `work_calendars` (`id`) ON DELETE NO ACTION);
-- Create index "organisation_external_source_external_id" to table: "organisations"
CREATE UNIQUE INDEX `organisation_external_source_external_id` ON `organisations` (`external_source`, `external_id`);
-- Create "portfolios" table
CREATE TABLE `portfolios` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `code` text NOT NULL, `name` text NOT NULL, `lifecycle` text NOT NULL, `currency` text NULL, `parent_id` integer NULL, `manager_id` integer NULL, `calendar_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `portfolios_portfolios_parent` FOREIGN KEY (`parent_id`) REFERENCES `portfolios` (`id`) ON DELETE NO ACTION, CONSTRAINT `portfolios_users_manager` FOREIGN KEY (`manager_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `portfolios_work_calendars_calendar` FOREIGN KEY (`calendar_id`) REFERENCES `work_calendars` (`id`) ON DELETE NO ACTION);
-- Create index "portfolio_external_source_external_id" to table: "portfolios"
CREATE UNIQUE INDEX `portfolio_external_source_external_id` ON `portfolios` (`external_source`, `external_id`);
-- Create index "portfolio_parent_id_code" to table: "portfolios"
CREATE UNIQUE INDEX `portfolio_parent_id_code` ON `portfolios` (`parent_id`, `code`);
-- Create "programs" table
CREATE TABLE `programs` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `code` text NOT NULL, `name` text NOT NULL, `lifecycle` text NOT NULL, `portfolio_id` integer NOT NULL, `sponsor_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `programs_portfolios_portfolio` FOREIGN KEY (`portfolio_id`) REFERENCES `portfolios` (`id`) ON DELETE NO ACTION, CONSTRAINT `programs_users_sponsor` FOREIGN KEY (`sponsor_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Create index "program_external_source_external_id" to table: "programs"
CREATE UNIQUE INDEX `program_external_source_external_id` ON `programs` (`external_source`, `external_id`);
-- Create index "program_portfolio_id_code" to table: "programs"
CREATE UNIQUE INDEX `program_portfolio_id_code` ON `programs` (`portfolio_id`, `code`);
-- Create "projects" table
CREATE TABLE `projects` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `code` text NOT NULL, `name` text NOT NULL, `lifecycle` text NOT NULL, `delivery_method` text NULL, `priority` integer NULL, `category` text NULL, `currency` text NOT NULL, `status_date` text NULL, `planned_start` text NULL, `planned_finish` text NULL, `portfolio_id` integer NOT NULL, `program_id` integer NULL, `manager_id` integer NULL, `sponsor_id` integer NULL, `calendar_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `projects_portfolios_portfolio` FOREIGN KEY (`portfolio_id`) REFERENCES `portfolios` (`id`) ON DELETE NO ACTION, CONSTRAINT `projects_programs_program` FOREIGN KEY (`program_id`) REFERENCES `programs` (`id`) ON DELETE NO ACTION, CONSTRAINT `projects_users_manager` FOREIGN KEY (`manager_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `projects_users_sponsor` FOREIGN KEY (`sponsor_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `projects_work_calendars_calendar` FOREIGN KEY (`calendar_id`) REFERENCES `work_calendars` (`id`) ON DELETE NO ACTION);
-- Create index "project_external_source_external_id" to table: "projects"
CREATE UNIQUE INDEX `project_external_source_external_id` ON `projects` (`external_source`, `external_id`);
-- Create index "project_portfolio_id_code" to table: "projects"
CREATE UNIQUE INDEX `project_portfolio_id_code` ON `projects` (`portfolio_id`, `code`);
-- Create index "project_program_id" to table: "projects"
CREATE INDEX `project_program_id` ON `projects` (`program_id`);
-- Create index "project_manager_id" to table: "projects"
CREATE INDEX `project_manager_id` ON `projects` (`manager_id`);
-- Create index "project_sponsor_id" to table: "projects"
CREATE INDEX `project_sponsor_id` ON `projects` (`sponsor_id`);
-- Create "resources" table
CREATE TABLE `resources` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `code` text NOT NULL, `name` text NULL, `kind` text NOT NULL, `role_name` text NOT NULL, `contract_share` integer NOT NULL, `standard_rate` integer NULL, `rate_currency` text NULL, `valid_from` text NULL, `valid_to` text NULL, `team_id` integer NULL, `manager_id` integer NULL, `user_id` integer NULL, `calendar_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `resources_teams_team` FOREIGN KEY (`team_id`) REFERENCES `teams` (`id`) ON DELETE NO ACTION, CONSTRAINT `resources_users_manager` FOREIGN KEY (`manager_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `resources_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `resources_work_calendars_calendar` FOREIGN KEY (`calendar_id`) REFERENCES `work_calendars` (`id`) ON DELETE NO ACTION);
-- Create index "resource_external_source_external_id" to table: "resources"
CREATE UNIQUE INDEX `resource_external_source_external_id` ON `resources` (`external_source`, `external_id`);
-- Create index "resource_code" to table: "resources"
CREATE UNIQUE INDEX `resource_code` ON `resources` (`code`);
-- Create index "resource_team_id" to table: "resources"
CREATE INDEX `resource_team_id` ON `resources` (`team_id`);
-- Create "role_assignments" table
CREATE TABLE `role_assignments` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `role` text NOT NULL, `scope_kind` text NOT NULL, `scope_id` integer NULL, `valid_from` text NULL, `valid_to` text NULL, `user_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `role_assignments_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Create index "roleassignment_external_source_external_id" to table: "role_assignments"
CREATE UNIQUE INDEX `roleassignment_external_source_external_id` ON `role_assignments` (`external_source`, `external_id`);
-- Create index "roleassignment_user_id" to table: "role_assignments"
CREATE INDEX `roleassignment_user_id` ON `role_assignments` (`user_id`);
-- Create "status_reports" table
CREATE TABLE `status_reports` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `texts_erased_at` datetime NULL, `period_start` text NOT NULL, `period_end` text NOT NULL, `revision` integer NOT NULL, `state` text NOT NULL, `health` text NULL, `confidence` text NULL, `not_rated_reason` text NULL, `raw_rating` text NULL, `override_reason` text NULL, `reported_start` text NULL, `reported_finish` text NULL, `whole_life_cost` integer NULL, `period_budget` integer NULL, `period_forecast` integer NULL, `currency` text NOT NULL, `highlights` text NULL, `next_steps` text NULL, `submitted_at` datetime NULL, `project_id` integer NOT NULL, `author_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `status_reports_projects_project` FOREIGN KEY (`project_id`) REFERENCES `projects` (`id`) ON DELETE NO ACTION, CONSTRAINT `status_reports_users_author` FOREIGN KEY (`author_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Create index "statusreport_external_source_external_id" to table: "status_reports"
CREATE UNIQUE INDEX `statusreport_external_source_external_id` ON `status_reports` (`external_source`, `external_id`);
-- Create index "statusreport_project_id_period_end_revision" to table: "status_reports"
CREATE UNIQUE INDEX `statusreport_project_id_period_end_revision` ON `status_reports` (`project_id`, `period_end`, `revision`);
-- Create "teams" table
CREATE TABLE `teams` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `code` text NOT NULL, `name` text NOT NULL, `parent_id` integer NULL, `manager_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `teams_teams_parent` FOREIGN KEY (`parent_id`) REFERENCES `teams` (`id`) ON DELETE NO ACTION, CONSTRAINT `teams_users_manager` FOREIGN KEY (`manager_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- Create index "team_external_source_external_id" to table: "teams"
CREATE UNIQUE INDEX `team_external_source_external_id` ON `teams` (`external_source`, `external_id`);
-- Create index "team_code" to table: "teams"
CREATE UNIQUE INDEX `team_code` ON `teams` (`code`);
-- Create "users" table
CREATE TABLE `users` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `issuer` text NOT NULL, `subject` text NULL, `name` text NULL, `email` text NULL, `locale` text NULL, `active` bool NOT NULL, `erased_at` datetime NULL, PRIMARY KEY (`id`));
-- Create index "user_external_source_external_id" to table: "users"
CREATE UNIQUE INDEX `user_external_source_external_id` ON `users` (`external_source`, `external_id`);
-- Create index "user_issuer_subject" to table: "users"
CREATE UNIQUE INDEX `user_issuer_subject` ON `users` (`issuer`, `subject`);
-- Create "work_calendars" table
CREATE TABLE `work_calendars` (`id` integer NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `seq` integer NOT NULL, `external_source` text NULL, `external_id` text NULL, `archived_at` datetime NULL, `code` text NOT NULL, `name` text NOT NULL, `timezone` text NOT NULL, `weekly_minutes` json NOT NULL, `exceptions` json NOT NULL, PRIMARY KEY (`id`));
-- Create index "workcalendar_external_source_external_id" to table: "work_calendars"
CREATE UNIQUE INDEX `workcalendar_external_source_external_id` ON `work_calendars` (`external_source`, `external_id`);
-- Create index "workcalendar_code" to table: "work_calendars"
CREATE UNIQUE INDEX `workcalendar_code` ON `work_calendars` (`code`);
