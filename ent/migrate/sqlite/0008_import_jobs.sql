-- How far imports are: outside the journal, since telling so changes nothing in the record.
CREATE TABLE `import_job` (`owner` text NOT NULL, `name` text NOT NULL, `phase` text NOT NULL, `done` integer NOT NULL, `total` integer NOT NULL, `ended` bool NOT NULL, `outcome` text NOT NULL, `told_at` text NOT NULL, PRIMARY KEY (`owner`, `name`));
