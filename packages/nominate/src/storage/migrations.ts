import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { EngineKind } from './engine.ts';

/** Column types with different names in the engines. Both order texts by code point. */
function typesOf(kind: EngineKind) {
  const isPostgres = kind === 'postgres';
  return {
    text: isPostgres ? sql`text collate "C"` : sql`text`,
    bytes: isPostgres ? sql`bytea` : sql`blob`,
    /** A number that increases with each row. */
    place: isPostgres ? sql`bigserial` : sql`integer`,
    placed: (column: ColumnDefinitionBuilder) =>
      isPostgres ? column.primaryKey() : column.primaryKey().autoIncrement(),
  };
}

type Types = ReturnType<typeof typesOf>;
// A migration writes tables that the types of today need not know.
// biome-ignore lint/suspicious/noExplicitAny: as kysely has it
type Any = Kysely<any>;

const whole = 'bigint' as const;
const must = (column: ColumnDefinitionBuilder) => column.notNull();
const key = (column: ColumnDefinitionBuilder) => column.primaryKey().notNull();

/** The tables, as one migration; its name has the version of the format. */
export function migrationsFor(kind: EngineKind): Readonly<Record<string, Migration>> {
  const types = typesOf(kind);
  return {
    '0001-programme': {
      up: async (db: Any) => {
        await makeTexts(db, types);
        await makeStandings(db, types);
        await makeRounds(db, types);
        await makeHistory(db, types);
        await makeRewards(db, types);
        await makeSmall(db, types);
        await makeNotices(db, types);
        await makeIntents(db, types);
        await pinFlights(db, kind);
      },
    },
  };
}

async function makeTexts(db: Any, { text, bytes }: Types): Promise<void> {
  await db.schema
    .createTable('texts')
    .addColumn('digest', text, key)
    .addColumn('kind', text, must)
    .addColumn('size', whole, must)
    .addColumn('body', bytes, must)
    .execute();
  await db.schema
    .createTable('snapshots')
    .addColumn('digest', text, (column) => key(column).references('texts.digest'))
    .addColumn('seq', whole, must)
    .addColumn('taken_ms', whole, must)
    .execute();
  await db.schema.createIndex('snapshots_newest').on('snapshots').column('seq').execute();
}

async function makeStandings(db: Any, { text }: Types): Promise<void> {
  await db.schema
    .createTable('standings')
    .addColumn('stash_key', text, key)
    .addColumn('slot', whole, must)
    .addColumn('name_key', text, must)
    .addColumn('verdict', text, must)
    .addColumn('active', whole)
    .addColumn('kyc', whole, must)
    .addColumn('position', whole)
    .addColumn('rank', 'double precision', must)
    .addColumn('body', text, must)
    .execute();
  await db.schema
    .createTable('scores')
    .addColumn('stash_key', text, must)
    .addColumn('snapshot', text, must)
    .addColumn('taken_ms', whole, must)
    .addColumn('session', whole)
    .addColumn('total', 'double precision', must)
    .addColumn('position', whole, must)
    .addPrimaryKeyConstraint('scores_once', ['stash_key', 'snapshot'])
    .execute();
  await db.schema.createIndex('scores_newest').on('scores').columns(['stash_key', 'taken_ms']).execute();
}

async function makeRounds(db: Any, { text, place, placed }: Types): Promise<void> {
  await db.schema
    .createTable('rounds')
    .addColumn('place', place, placed)
    .addColumn('id', text, (column) => column.notNull().unique().references('texts.digest'))
    .addColumn('era', whole, must)
    .addColumn('made_ms', whole, must)
    .addColumn('eligible', whole, must)
    .addColumn('nominated', whole, must)
    .addColumn('nominators', text, must)
    .addColumn('elected', whole)
    .addColumn('snapshot', text, (column) => must(column).references('texts.digest'))
    .addColumn('programme', text, (column) => must(column).references('texts.digest'))
    .addColumn('aftermath', text, must)
    .execute();
  await db.schema.createIndex('rounds_snapshot').on('rounds').column('snapshot').execute();
  await db.schema
    .createTable('round_targets')
    .addColumn('round', text, (column) => must(column).references('rounds.id'))
    .addColumn('stash_key', text, must)
    .addColumn('place', whole, must)
    .addPrimaryKeyConstraint('target_once', ['round', 'stash_key'])
    .execute();
  await db.schema.createIndex('rounds_of').on('round_targets').columns(['stash_key', 'place']).execute();
}

async function makeHistory(db: Any, { text, place, placed }: Types): Promise<void> {
  await db.schema
    .createTable('faults')
    .addColumn('place', place, placed)
    .addColumn('stash_key', text, must)
    .addColumn('kind', text, must)
    .addColumn('era', whole, must)
    .addColumn('reason', text, must)
    .addColumn('reason_digest', text, must)
    .addColumn('at_ms', whole, must)
    .addColumn('evidence', text, must)
    .addUniqueConstraint('fault_once', ['stash_key', 'kind', 'era', 'reason_digest'])
    .execute();
  await db.schema.createIndex('faults_newest').on('faults').columns(['at_ms', 'place']).execute();
  await db.schema
    .createTable('periods')
    .addColumn('stash_key', text, must)
    .addColumn('first_era', whole, must)
    .addColumn('last_era', whole, must)
    .addColumn('active_eras', text, must)
    .addColumn('nominated', whole, must)
    .addPrimaryKeyConstraint('period_once', ['stash_key', 'first_era'])
    .execute();
  await db.schema
    .createTable('earlier_periods')
    .addColumn('stash_key', text, key)
    .addColumn('body', text, must)
    .execute();
}

async function makeRewards(db: Any, { text }: Types): Promise<void> {
  await db.schema
    .createTable('era_totals')
    .addColumn('era', whole, key)
    .addColumn('total', whole, must)
    .addColumn('validators', whole, must)
    .addColumn('median', 'double precision', must)
    .execute();
  await db.schema
    .createTable('era_points')
    .addColumn('era', whole, must)
    .addColumn('stash_key', text, must)
    .addColumn('points', whole, must)
    .addPrimaryKeyConstraint('points_once', ['stash_key', 'era'])
    .execute();
  await db.schema.createIndex('points_of_era').on('era_points').column('era').execute();
  await db.schema
    .createTable('payouts')
    .addColumn('stash_key', text, must)
    .addColumn('era', whole, must)
    .addColumn('page', whole, must)
    .addColumn('state', text, must)
    .addColumn('amount', text)
    .addColumn('expires_era', whole, must)
    .addColumn('amount_why', text)
    .addPrimaryKeyConstraint('payout_once', ['stash_key', 'era', 'page'])
    .execute();
  const unclaimed = ['state', 'expires_era', 'stash_key', 'era', 'page'];
  await db.schema.createIndex('payouts_unclaimed').on('payouts').columns(unclaimed).execute();
  await sql`create index payouts_without_amount on payouts (era) where amount is null and amount_why is null`.execute(
    db,
  );
}

async function makeSmall(db: Any, { text }: Types): Promise<void> {
  await db.schema
    .createTable('releases')
    .addColumn('client', text, must)
    .addColumn('version', text, must)
    .addColumn('published_ms', whole, must)
    .addPrimaryKeyConstraint('release_once', ['client', 'version'])
    .execute();
  for (const table of ['node_places', 'looked_up_places'])
    await db.schema
      .createTable(table)
      .addColumn('stash_key', text, key)
      .addColumn('body', text, must)
      .addColumn('at_ms', whole, must)
      .execute();
  await db.schema.createTable('notes').addColumn('name', text, key).addColumn('body', text, must).execute();
  await db.schema
    .createTable('leases')
    .addColumn('name', text, key)
    .addColumn('holder', text, must)
    .addColumn('until_ms', whole, must)
    .execute();
}

async function makeNotices(db: Any, { text }: Types): Promise<void> {
  await db.schema
    .createTable('jobs')
    .addColumn('name', text, key)
    .addColumn('state', text, must)
    .addColumn('progress', 'double precision')
    .addColumn('detail', text, must)
    .addColumn('run_count', whole, must)
    .addColumn('failure_count', whole, must)
    .addColumn('started_ms', whole)
    .addColumn('ended_ms', whole)
    .addColumn('next_ms', whole)
    .addColumn('error', text)
    .execute();
  await db.schema
    .createTable('notices')
    .addColumn('key', text, key)
    .addColumn('severity', text, must)
    .addColumn('body', text, must)
    .addColumn('open_since_ms', whole, must)
    .addColumn('last_sent_ms', whole)
    .addColumn('closed_ms', whole)
    .addColumn('count', whole, must)
    .execute();
  await db.schema.createIndex('notices_newest').on('notices').columns(['open_since_ms', 'key']).execute();
}

async function makeIntents(db: Any, { text, place, placed }: Types): Promise<void> {
  await db.schema
    .createTable('intents')
    .addColumn('place', place, placed)
    .addColumn('id', text, (column) => column.notNull().unique())
    .addColumn('nominator', text, must)
    .addColumn('era', whole, must)
    .addColumn('round', text, must)
    .addColumn('signer', text, must)
    .addColumn('state', text, must)
    .addColumn('reason', text)
    .addColumn('is_open', whole, must)
    .addColumn('takes_era', whole, must)
    .addColumn('revision', whole, must)
    .addColumn('body', text, must)
    .addColumn('made_ms', whole, must)
    .addColumn('changed_ms', whole, must)
    .addUniqueConstraint('one_per_round', ['nominator', 'round'])
    .execute();
  await sql`create unique index one_per_era on intents (nominator, era) where takes_era = 1`.execute(db);
  await sql`create index open_intents on intents (place) where is_open = 1`.execute(db);
  await makeFlights(db, text);
  await db.schema
    .createTable('journal')
    .addColumn('place', place, placed)
    .addColumn('intent', text, (column) => must(column).references('intents.id').onDelete('cascade'))
    .addColumn('revision', whole, must)
    .addColumn('from_state', text, must)
    .addColumn('to_state', text, must)
    .addColumn('height', whole, must)
    .addColumn('reason', text, must)
    .addColumn('detail', text, must)
    .addColumn('extrinsic', text)
    .addColumn('block', text)
    .addColumn('at_ms', whole, must)
    .execute();
  await db.schema.createIndex('journal_of').on('journal').columns(['intent', 'place']).execute();
}

async function makeFlights(db: Any, text: Types['text']): Promise<void> {
  await db.schema
    .createTable('flights')
    .addColumn('intent', text, (column) => must(column).references('intents.id').onDelete('cascade'))
    .addColumn('number', whole, must)
    .addColumn('leg', text, must)
    .addColumn('account', text, must)
    .addColumn('nonce', whole, must)
    .addColumn('birth', whole, must)
    .addColumn('period', whole, must)
    .addColumn('call', text, must)
    .addColumn('payload', text, must)
    .addColumn('bytes', text)
    .addColumn('hash', text)
    .addColumn('outcome', text, must)
    .addPrimaryKeyConstraint('flight_once', ['intent', 'number'])
    .execute();
  await sql`create unique index one_per_nonce on flights (account, nonce) where outcome in ('open', 'landed')`.execute(
    db,
  );
}

/** Signed payloads, and payloads about to be signed, never change, not even through a bug in this program. */
async function pinFlights(db: Any, kind: EngineKind): Promise<void> {
  if (kind === 'sqlite') {
    await sql`create trigger flights_are_pinned before update on flights
      when new.account <> old.account or new.nonce <> old.nonce or new.payload <> old.payload or new.call <> old.call
        or (old.bytes is not null and new.bytes is not old.bytes)
      begin select raise(abort, 'a flight is pinned'); end`.execute(db);
    return;
  }
  await sql`create function flight_is_pinned() returns trigger language plpgsql as
    $$ begin raise exception 'a flight is pinned'; end $$`.execute(db);
  await sql`create trigger flights_are_pinned before update on flights for each row
    when (new.account <> old.account or new.nonce <> old.nonce or new.payload <> old.payload or new.call <> old.call
      or (old.bytes is not null and new.bytes is distinct from old.bytes))
    execute function flight_is_pinned()`.execute(db);
}
