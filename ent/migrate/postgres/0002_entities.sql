-- Create "exchange_rates" table
CREATE TABLE "exchange_rates" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "from_currency" character varying NOT NULL, "to_currency" character varying NOT NULL, "valid_from" date NOT NULL, "rate" bigint NOT NULL, "source" character varying NULL, PRIMARY KEY ("id"));
-- Create index "exchangerate_external_source_external_id" to table: "exchange_rates"
CREATE UNIQUE INDEX "exchangerate_external_source_external_id" ON "exchange_rates" ("external_source", "external_id");
-- Create index "exchangerate_from_currency_to_currency_valid_from" to table: "exchange_rates"
CREATE UNIQUE INDEX "exchangerate_from_currency_to_currency_valid_from" ON "exchange_rates" ("from_currency", "to_currency", "valid_from");
-- Create "users" table
CREATE TABLE "users" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "issuer" character varying NOT NULL, "subject" text NULL, "name" text NULL, "email" text NULL, "locale" character varying NULL, "active" boolean NOT NULL, "erased_at" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "user_external_source_external_id" to table: "users"
CREATE UNIQUE INDEX "user_external_source_external_id" ON "users" ("external_source", "external_id");
-- Create index "user_issuer_subject" to table: "users"
CREATE UNIQUE INDEX "user_issuer_subject" ON "users" ("issuer", "subject");
-- Create "work_calendars" table
CREATE TABLE "work_calendars" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "code" character varying NOT NULL, "name" character varying NOT NULL, "timezone" character varying NOT NULL, "weekly_minutes" jsonb NOT NULL, "exceptions" jsonb NOT NULL, PRIMARY KEY ("id"));
-- Create index "workcalendar_code" to table: "work_calendars"
CREATE UNIQUE INDEX "workcalendar_code" ON "work_calendars" ("code");
-- Create index "workcalendar_external_source_external_id" to table: "work_calendars"
CREATE UNIQUE INDEX "workcalendar_external_source_external_id" ON "work_calendars" ("external_source", "external_id");
-- Create "portfolios" table
CREATE TABLE "portfolios" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "code" character varying NOT NULL, "name" character varying NOT NULL, "lifecycle" character varying NOT NULL, "currency" character varying NULL, "parent_id" bigint NULL, "manager_id" bigint NULL, "calendar_id" bigint NULL, PRIMARY KEY ("id"), CONSTRAINT "portfolios_portfolios_parent" FOREIGN KEY ("parent_id") REFERENCES "portfolios" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "portfolios_users_manager" FOREIGN KEY ("manager_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "portfolios_work_calendars_calendar" FOREIGN KEY ("calendar_id") REFERENCES "work_calendars" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "portfolio_external_source_external_id" to table: "portfolios"
CREATE UNIQUE INDEX "portfolio_external_source_external_id" ON "portfolios" ("external_source", "external_id");
-- Create index "portfolio_parent_id_code" to table: "portfolios"
CREATE UNIQUE INDEX "portfolio_parent_id_code" ON "portfolios" ("parent_id", "code");
-- Create "programs" table
CREATE TABLE "programs" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "code" character varying NOT NULL, "name" character varying NOT NULL, "lifecycle" character varying NOT NULL, "portfolio_id" bigint NOT NULL, "sponsor_id" bigint NULL, PRIMARY KEY ("id"), CONSTRAINT "programs_portfolios_portfolio" FOREIGN KEY ("portfolio_id") REFERENCES "portfolios" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "programs_users_sponsor" FOREIGN KEY ("sponsor_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "program_external_source_external_id" to table: "programs"
CREATE UNIQUE INDEX "program_external_source_external_id" ON "programs" ("external_source", "external_id");
-- Create index "program_portfolio_id_code" to table: "programs"
CREATE UNIQUE INDEX "program_portfolio_id_code" ON "programs" ("portfolio_id", "code");
-- Create "projects" table
CREATE TABLE "projects" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "code" character varying NOT NULL, "name" character varying NOT NULL, "lifecycle" character varying NOT NULL, "delivery_method" character varying NULL, "priority" bigint NULL, "category" character varying NULL, "currency" character varying NOT NULL, "status_date" date NULL, "planned_start" date NULL, "planned_finish" date NULL, "portfolio_id" bigint NOT NULL, "program_id" bigint NULL, "manager_id" bigint NULL, "sponsor_id" bigint NULL, "calendar_id" bigint NULL, PRIMARY KEY ("id"), CONSTRAINT "projects_portfolios_portfolio" FOREIGN KEY ("portfolio_id") REFERENCES "portfolios" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "projects_programs_program" FOREIGN KEY ("program_id") REFERENCES "programs" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "projects_users_manager" FOREIGN KEY ("manager_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "projects_users_sponsor" FOREIGN KEY ("sponsor_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "projects_work_calendars_calendar" FOREIGN KEY ("calendar_id") REFERENCES "work_calendars" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "project_external_source_external_id" to table: "projects"
CREATE UNIQUE INDEX "project_external_source_external_id" ON "projects" ("external_source", "external_id");
-- Create index "project_manager_id" to table: "projects"
CREATE INDEX "project_manager_id" ON "projects" ("manager_id");
-- Create index "project_portfolio_id_code" to table: "projects"
CREATE UNIQUE INDEX "project_portfolio_id_code" ON "projects" ("portfolio_id", "code");
-- Create index "project_program_id" to table: "projects"
CREATE INDEX "project_program_id" ON "projects" ("program_id");
-- Create index "project_sponsor_id" to table: "projects"
CREATE INDEX "project_sponsor_id" ON "projects" ("sponsor_id");
-- Create "baselines" table
CREATE TABLE "baselines" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "number" bigint NOT NULL, "state" character varying NOT NULL, "approved_on" date NULL, "reason" character varying NOT NULL, "project_id" bigint NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "baselines_projects_project" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "baseline_external_source_external_id" to table: "baselines"
CREATE UNIQUE INDEX "baseline_external_source_external_id" ON "baselines" ("external_source", "external_id");
-- Create index "baseline_project_id_number" to table: "baselines"
CREATE UNIQUE INDEX "baseline_project_id_number" ON "baselines" ("project_id", "number");
-- Create "milestones" table
CREATE TABLE "milestones" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "name" character varying NOT NULL, "state" character varying NOT NULL, "forecast_date" date NULL, "actual_date" date NULL, "weight" bigint NOT NULL, "budget" bigint NULL, "is_contractual" boolean NOT NULL, "is_finish" boolean NOT NULL, "project_id" bigint NOT NULL, "owner_id" bigint NULL, PRIMARY KEY ("id"), CONSTRAINT "milestones_projects_project" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "milestones_users_owner" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "milestone_external_source_external_id" to table: "milestones"
CREATE UNIQUE INDEX "milestone_external_source_external_id" ON "milestones" ("external_source", "external_id");
-- Create index "milestone_project_id_name" to table: "milestones"
CREATE UNIQUE INDEX "milestone_project_id_name" ON "milestones" ("project_id", "name");
-- Create "baseline_entries" table
CREATE TABLE "baseline_entries" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "item_kind" character varying NOT NULL, "start" date NULL, "finish" date NULL, "baseline_id" bigint NOT NULL, "project_id" bigint NOT NULL, "milestone_id" bigint NULL, PRIMARY KEY ("id"), CONSTRAINT "baseline_entries_baselines_baseline" FOREIGN KEY ("baseline_id") REFERENCES "baselines" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "baseline_entries_milestones_milestone" FOREIGN KEY ("milestone_id") REFERENCES "milestones" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "baseline_entries_projects_project" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "baselineentry_baseline_id_milestone_id" to table: "baseline_entries"
CREATE UNIQUE INDEX "baselineentry_baseline_id_milestone_id" ON "baseline_entries" ("baseline_id", "milestone_id");
-- Create index "baselineentry_external_source_external_id" to table: "baseline_entries"
CREATE UNIQUE INDEX "baselineentry_external_source_external_id" ON "baseline_entries" ("external_source", "external_id");
-- Create index "baselineentry_milestone_id" to table: "baseline_entries"
CREATE INDEX "baselineentry_milestone_id" ON "baseline_entries" ("milestone_id");
-- Create index "baselineentry_project_id" to table: "baseline_entries"
CREATE INDEX "baselineentry_project_id" ON "baseline_entries" ("project_id");
-- Create "organisations" table
CREATE TABLE "organisations" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "name" character varying NOT NULL, "currency" character varying NOT NULL, "timezone" character varying NOT NULL, "fiscal_year_start" bigint NOT NULL, "standard_week_minutes" bigint NOT NULL, "report_validity_months" bigint NOT NULL, "calendar_id" bigint NULL, PRIMARY KEY ("id"), CONSTRAINT "organisations_work_calendars_calendar" FOREIGN KEY ("calendar_id") REFERENCES "work_calendars" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "organisation_external_source_external_id" to table: "organisations"
CREATE UNIQUE INDEX "organisation_external_source_external_id" ON "organisations" ("external_source", "external_id");
-- Create "teams" table
CREATE TABLE "teams" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "code" character varying NOT NULL, "name" character varying NOT NULL, "parent_id" bigint NULL, "manager_id" bigint NULL, PRIMARY KEY ("id"), CONSTRAINT "teams_teams_parent" FOREIGN KEY ("parent_id") REFERENCES "teams" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "teams_users_manager" FOREIGN KEY ("manager_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "team_code" to table: "teams"
CREATE UNIQUE INDEX "team_code" ON "teams" ("code");
-- Create index "team_external_source_external_id" to table: "teams"
CREATE UNIQUE INDEX "team_external_source_external_id" ON "teams" ("external_source", "external_id");
-- Create "resources" table
CREATE TABLE "resources" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "code" character varying NOT NULL, "name" text NULL, "kind" character varying NOT NULL, "role_name" character varying NOT NULL, "contract_share" bigint NOT NULL, "standard_rate" bigint NULL, "rate_currency" character varying NULL, "valid_from" date NULL, "valid_to" date NULL, "team_id" bigint NULL, "manager_id" bigint NULL, "user_id" bigint NULL, "calendar_id" bigint NULL, PRIMARY KEY ("id"), CONSTRAINT "resources_teams_team" FOREIGN KEY ("team_id") REFERENCES "teams" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "resources_users_manager" FOREIGN KEY ("manager_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "resources_users_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "resources_work_calendars_calendar" FOREIGN KEY ("calendar_id") REFERENCES "work_calendars" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "resource_code" to table: "resources"
CREATE UNIQUE INDEX "resource_code" ON "resources" ("code");
-- Create index "resource_external_source_external_id" to table: "resources"
CREATE UNIQUE INDEX "resource_external_source_external_id" ON "resources" ("external_source", "external_id");
-- Create index "resource_team_id" to table: "resources"
CREATE INDEX "resource_team_id" ON "resources" ("team_id");
-- Create "role_assignments" table
CREATE TABLE "role_assignments" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "role" character varying NOT NULL, "scope_kind" character varying NOT NULL, "scope_id" bigint NULL, "valid_from" date NULL, "valid_to" date NULL, "user_id" bigint NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "role_assignments_users_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "roleassignment_external_source_external_id" to table: "role_assignments"
CREATE UNIQUE INDEX "roleassignment_external_source_external_id" ON "role_assignments" ("external_source", "external_id");
-- Create index "roleassignment_user_id" to table: "role_assignments"
CREATE INDEX "roleassignment_user_id" ON "role_assignments" ("user_id");
-- Create "status_reports" table
CREATE TABLE "status_reports" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "texts_erased_at" timestamptz NULL, "period_start" date NOT NULL, "period_end" date NOT NULL, "revision" bigint NOT NULL, "state" character varying NOT NULL, "health" character varying NULL, "confidence" character varying NULL, "not_rated_reason" character varying NULL, "raw_rating" character varying NULL, "override_reason" character varying NULL, "reported_start" date NULL, "reported_finish" date NULL, "whole_life_cost" bigint NULL, "period_budget" bigint NULL, "period_forecast" bigint NULL, "currency" character varying NOT NULL, "highlights" character varying NULL, "next_steps" character varying NULL, "submitted_at" timestamptz NULL, "project_id" bigint NOT NULL, "author_id" bigint NULL, PRIMARY KEY ("id"), CONSTRAINT "status_reports_projects_project" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "status_reports_users_author" FOREIGN KEY ("author_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "statusreport_external_source_external_id" to table: "status_reports"
CREATE UNIQUE INDEX "statusreport_external_source_external_id" ON "status_reports" ("external_source", "external_id");
-- Create index "statusreport_project_id_period_end_revision" to table: "status_reports"
CREATE UNIQUE INDEX "statusreport_project_id_period_end_revision" ON "status_reports" ("project_id", "period_end", "revision");
