import { type Kysely, sql, type Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { EngineKind } from './engine.ts';
import { migrationsFor } from './migrations.ts';
import { StorageFault } from './port.ts';
import type { Tables } from './tables.ts';

/** An arbitrary number, the same for all processes of this program. */
const MIGRATION_LOCK = 0x57624e6f;
const HISTORY = 'kysely_migration';

/**
 * Creates the tables, in one transaction. Throws a {@link StorageFault} for a database of another program or
 * another format.
 */
export async function migrate(
  db: Kysely<Tables>,
  kind: EngineKind,
  migrations: Readonly<Record<string, Migration>> = migrationsFor(kind),
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // Two processes that start at once create the tables one after the other.
    if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(tx);
    await refuseForeign(tx, migrations);
    const migrator = new Migrator({ db: tx, provider: { getMigrations: async () => ({ ...migrations }) } });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
  });
}

async function refuseForeign(
  tx: Transaction<Tables>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const tables = await tx.introspection.getTables({ withInternalKyselyTables: true });
  if (tables.length === 0) return;
  if (!tables.some(({ name }) => name === HISTORY) || !tables.some(({ name }) => name === 'intents'))
    throw new StorageFault(
      'schema',
      'the database has tables of another program',
      'give the programme a separate database',
    );
  const done = await sql<{ readonly name: string }>`select name from ${sql.table(HISTORY)}`.execute(tx);
  const other = done.rows.find(({ name }) => !Object.hasOwn(migrations, name));
  if (other !== undefined)
    throw new StorageFault(
      'schema',
      `the database has the format ${other.name}, and this program reads ${Object.keys(migrations).join(', ')}`,
      'start with an empty database, or use the program that made this one',
    );
}
