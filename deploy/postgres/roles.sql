-- Roles of Quizwire, run once by a superuser in its database:
--   psql -v migrate_password=… -v web_password=… -v workers_password=… -f roles.sql quizwire
-- quizwire_migrate owns the schema and is used by migrations alone; nobody else can change or truncate a table.

CREATE ROLE quizwire_migrate LOGIN PASSWORD :'migrate_password' CONNECTION LIMIT 10;
CREATE ROLE quizwire_web LOGIN PASSWORD :'web_password';
CREATE ROLE quizwire_workers LOGIN PASSWORD :'workers_password';

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO quizwire_migrate;
GRANT USAGE ON SCHEMA public TO quizwire_web, quizwire_workers;

ALTER DEFAULT PRIVILEGES FOR ROLE quizwire_migrate IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO quizwire_web, quizwire_workers;
ALTER DEFAULT PRIVILEGES FOR ROLE quizwire_migrate IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO quizwire_web, quizwire_workers;
