// kysely's templates, for what its builder has no word for. Other rooms take them, and kysely's types, but never kysely itself.
export { sql } from 'kysely'
