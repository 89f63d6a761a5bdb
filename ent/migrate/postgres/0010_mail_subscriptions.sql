-- Modify "users" table
ALTER TABLE "users" ADD COLUMN "timezone" character varying NULL;
-- Create "mail_subscriptions" table
CREATE TABLE "mail_subscriptions" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "scope_kind" character varying NOT NULL, "scope_id" bigint NULL, "about_structure" boolean NOT NULL, "about_plan" boolean NOT NULL, "about_reports" boolean NOT NULL, "about_money" boolean NOT NULL, "about_people" boolean NOT NULL, "delivery" character varying NOT NULL, "hour" bigint NOT NULL, "weekday" character varying NOT NULL, "active" boolean NOT NULL, "user_id" bigint NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "mail_subscriptions_users_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "mailsubscription_external_source_external_id" to table: "mail_subscriptions"
CREATE UNIQUE INDEX "mailsubscription_external_source_external_id" ON "mail_subscriptions" ("external_source", "external_id");
-- Create index "mailsubscription_user_id" to table: "mail_subscriptions"
CREATE INDEX "mailsubscription_user_id" ON "mail_subscriptions" ("user_id");
