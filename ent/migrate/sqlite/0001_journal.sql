-- The journal: one row a mutation, its changes, and the erasable values beside the chain. Instants are texts of one length, in UTC.
CREATE TABLE `journal` (`seq` integer NOT NULL, `at` text NOT NULL, `actor` text NOT NULL, `action` text NOT NULL, `reason` text NOT NULL, `request_id` text NOT NULL, `key` text NOT NULL, `input` blob NOT NULL, `results` text NOT NULL, `schema` integer NOT NULL, `min_writer` integer NOT NULL, `min_reader` integer NOT NULL, `tables` text NOT NULL, `change_count` integer NOT NULL, `hash` blob NOT NULL, PRIMARY KEY (`seq`));
CREATE INDEX `journal_at_seq` ON `journal` (`at`, `seq`);
CREATE TABLE `journal_change` (`seq` integer NOT NULL, `n` integer NOT NULL, `entity` text NOT NULL, `id` integer NOT NULL, `project` integer NOT NULL, `portfolio` integer NOT NULL, `op` text NOT NULL, `columns` text NOT NULL, PRIMARY KEY (`seq`, `n`));
CREATE INDEX `journal_change_deleted` ON `journal_change` (`entity`, `id`, `seq`) WHERE `op` = 'DELETE';
CREATE TABLE `journal_private` (`seq` integer NOT NULL, `n` integer NOT NULL, `column_name` text NOT NULL, `salt` blob NOT NULL, `old_value` text NULL, `new_value` text NULL, PRIMARY KEY (`seq`, `n`, `column_name`));
CREATE TABLE `journal_erasure` (`entity` text NOT NULL, `id` integer NOT NULL, `seq` integer NOT NULL, PRIMARY KEY (`entity`, `id`, `seq`));
CREATE TABLE `journal_key` (`actor` text NOT NULL, `action` text NOT NULL, `key` text NOT NULL, `seq` integer NOT NULL, `salt` blob NOT NULL, `input` blob NOT NULL, `at` text NOT NULL, PRIMARY KEY (`actor`, `action`, `key`));
CREATE INDEX `journal_key_at` ON `journal_key` (`at`);
-- Long texts by their addresses, which stand in rows and changes, and the key the addresses are made with: one row, filled once.
CREATE TABLE `journal_text` (`address` text NOT NULL, `body` text NOT NULL, PRIMARY KEY (`address`));
CREATE TABLE `journal_text_key` (`id` integer NOT NULL, `key` blob NOT NULL, PRIMARY KEY (`id`));
