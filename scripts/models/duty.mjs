// The searches of spec/duty. The head of each model explains its switches.
//
// A `control` leaves out one rule, and an `assumption` is one that the protocol page names: without it the
// search must find a violation. If it finds none, the run fails.

/** @typedef {import('./search.mjs').Configuration} Configuration */
/** @typedef {import('./search.mjs').Found} Found */
/** @typedef {[name: string, expected: Found, switches: string[], more?: Partial<Configuration>]} Row */

/**
 * The searches of one model.
 * @param {string} file in spec/duty
 * @param {readonly Row[]} rows
 * @returns {readonly Configuration[]}
 */
function searchesOf(file, rows) {
  return rows.map(([name, expected, switches, more = {}]) => ({
    name,
    model: `duty/${file}`,
    expected,
    switches,
    ...more,
  }));
}

const LONG = { isLong: true };
const AMBIGUOUS = ['AMBIGUOUS=3', 'NO_FILLERS'];
const THREE = ['SERVICES=3', 'NO_FILLERS'];
const ONE_QUIET = [...THREE, 'MEMORY_ONLY', 'QUIET=4'];
/** Sessions survive the restore and no base covers the unit: only the memory of the service is left. */
const OWN = ['STORE_ONLY', 'OWN_LEDGER_ONLY', 'ENTRIES=4', 'BREAK_NO_COUNTER', 'BREAK_NO_BASE'];
const BY_NUMBER = [...OWN, 'BREAK_NUMBERS'];

const SESSIONS = searchesOf('sessions-and-base.pml', [
  ['any part restored', 'holds', []],
  ['any part restored, the base of a peer', 'holds', ['PEER_BASE']],
  ['any part restored, commits ambiguous at both services', 'holds', AMBIGUOUS],
  ['memory alone, no base', 'holds', ['MEMORY_ONLY']],
  ['memory alone, repeats without a transaction', 'holds', ['MEMORY_ONLY', 'BREAK_REPEAT_UNCHECKED']],
  ['own ledger: by lineage', 'holds', [...OWN, 'BREAK_NO_OWN_LEDGER']],
  ['control: no counter in the session', 'granted twice', ['BREAK_NO_COUNTER']],
  ['control: no base', 'granted twice', ['BREAK_NO_BASE']],
  ['control: the base from a report of before the opening', 'granted twice', ['BREAK_STALE_REPORT']],
  ['control: the base of any peer', 'granted twice', ['PEER_BASE', 'BREAK_ANY_PEER']],
  ['control: a peer base without a counter', 'granted twice', ['PEER_BASE', 'BREAK_NO_COUNTER']],
  ['control: memory alone, no counter', 'granted twice', ['MEMORY_ONLY', 'BREAK_NO_COUNTER']],
  ['control: an asked service keeps its work', 'granted twice', ['MEMORY_ONLY', 'BREAK_NO_CANCEL']],
  ['control: numbers, no own ledger', 'own ledger', [...BY_NUMBER, 'BREAK_NO_OWN_LEDGER']],
  ['control: own ledger for new grants only', 'own ledger', [...BY_NUMBER, 'BREAK_OWN_LEDGER_NEW_ONLY']],
  ['assumption: the restore goes back behind the last renewal', 'granted twice', ['BREAK_NOT_RENEWED']],
  ['assumption: observers do not go back', 'granted twice', ['BREAK_OBSERVER_GOES_BACK']],
  ['assumption: no commit applies late', 'granted twice', ['AMBIGUOUS=1', 'NO_FILLERS', 'BREAK_LATE_COMMIT']],
  ['three services, one without claims, memory alone', 'holds', ONE_QUIET],
  ['control: three services, no counter', 'granted twice', [...ONE_QUIET, 'BREAK_NO_COUNTER']],
  ['long: any part restored, three entries', 'holds', ['ENTRIES=3'], LONG],
  ['long: any part restored, repeats without a transaction', 'holds', ['BREAK_REPEAT_UNCHECKED'], LONG],
  ['long: commits ambiguous at both services, with fillers', 'holds', ['AMBIGUOUS=3'], LONG],
  ['long: own ledger for new grants and repeats', 'holds', [...OWN, 'ENTRIES=5', 'BREAK_NUMBERS'], LONG],
  ['long: three services, memory alone', 'holds', [...THREE, 'MEMORY_ONLY'], LONG],
  ['long: an asked service keeps its work, with a base', 'holds', ['BREAK_NO_CANCEL'], LONG],
]);

const SMALL = ['ENTRIES=3'];
const TINY = ['ENTRIES=4', 'UNITS=2', 'OPERATOR'];
const GROWS = ['ENTRIES=4', 'RESTORES=0', 'WINDOW_GROWS'];
const WORDS = searchesOf('words.pml', [
  ['words: W = 2 with eviction, any node file', 'holds', SMALL],
  ['words: an operator adopts', 'holds', [...SMALL, 'OPERATOR']],
  ['control: witnesses release a word', 'word ignored', [...SMALL, 'BREAK_WITNESSES']],
  ['control: a word in memory only', 'word ignored', [...SMALL, 'BREAK_MEMORY_ONLY']],
  ['control: a word is not raised at start', 'word ignored', [...SMALL, 'BREAK_NOT_RAISED_AT_START']],
  ['control: the record in the store is not read', 'word ignored', [...SMALL, 'BREAK_RECORD_NOT_READ']],
  ['control: freed by node', 'word ignored', [...SMALL, 'OPERATOR', 'BREAK_FREED_BY_NODE']],
  ['control: any adoption releases', 'word ignored', [...TINY, 'BREAK_ANY_ADOPTION']],
  ['control: a floor at the unit releases', 'word ignored', [...TINY, 'BREAK_FLOOR_OF_UNIT']],
  ['control: a higher seq explains', 'wrongly explained', [...TINY, 'EXPLAINS', 'BREAK_NUMBERS']],
  ['words: a window that grows', 'holds', GROWS],
  ['control: an evicted unit raises no floor', 'granted twice', [...GROWS, 'BREAK_FLOOR_STAYS']],
  ['long: words, four entries, explained words too', 'holds', ['ENTRIES=4', 'EXPLAINS'], LONG],
  ['long: words, four entries, an operator adopts', 'holds', ['ENTRIES=4', 'OPERATOR'], LONG],
  ['long: words, two keys', 'holds', [...SMALL, 'OPERATOR', 'KEYS=2', 'UNITS=2'], LONG],
  ['long: words, two restores', 'holds', [...SMALL, 'OPERATOR', 'RESTORES=2'], LONG],
]);

const PARTS = searchesOf('parts.pml', [
  ['parts: to the incarnation that entered', 'holds', []],
  ['parts: a repeated enter is not recorded', 'holds', ['NO_RECORD_OF_REPEATS']],
  ['control: parts to any incarnation', 'signed twice', ['BREAK_ANY_INCARNATION']],
  ['control: a new process keeps the incarnation', 'signed twice', ['BREAK_KEPT_INCARNATION']],
  ['control: an incarnation counted in a file', 'signed twice', ['BREAK_COUNTED_INCARNATION']],
  ['assumption: the unit did not move before the restore', 'signed twice', ['BREAK_MOVED']],
]);

const LIAR = searchesOf('liar.pml', [
  ['liar: two of three services must grant', 'holds', []],
  ['liar: two of two services must grant', 'holds', ['SERVICES=2']],
  ['reachable: signed without the service that lies', 'seen', ['NODE_ASKS_HONEST']],
  ['control: one grant suffices', 'signed twice', ['BREAK_ONE_GRANT']],
  ['control: one service counts as two', 'signed twice', ['BREAK_SAME_SERVICE']],
  ['assumption: fewer services lie than must grant', 'signed twice', ['BREAK_TWO_LIE']],
  ['liar: two lie, three of four must grant', 'holds', ['LIARS=2', 'SERVICES=4', 'GRANTS=3']],
  ['assumption: no service rewrites the store', 'signed twice', ['BREAK_REWRITES']],
]);

const MEANING = searchesOf('meaning.pml', [
  ['meaning: adopted in the same transaction', 'holds', []],
  ['meaning: adopted later, the mark denies until then', 'holds', ['TWO_STEPS']],
  ['meaning: never adopted, the mark denies', 'holds', ['BREAK_NO_ADOPTION']],
  ['control: a plain change of policy', 'granted twice', ['BREAK_NO_ADOPTION', 'BREAK_NO_MARK']],
  ['control: adopted later, marks without meaning', 'granted twice', ['TWO_STEPS', 'BREAK_NO_MARK']],
]);

const BEHIND = 'BEHIND_BY=2';
const AHEAD = ['AHEAD_BY=3', 'SLOTS=4'];
const CLOCK = searchesOf('clock.pml', [
  ['clock: slots of a machine that was rolled back', 'holds', []],
  ['clock: the base without the lower bound', 'holds', ['BREAK_NO_LOWER_BOUND']],
  ['clock: behind after the restore, then corrected', 'holds', [BEHIND]],
  ['control: the lower bound without the base', 'granted twice', ['BREAK_NO_BASE']],
  ['control: a clock step does not end the session', 'granted twice', [BEHIND, 'BREAK_IGNORES_STEPS']],
  ['assumption: the clock does not stay behind', 'granted twice', [BEHIND, 'BREAK_NEVER_CORRECTED']],
  ['clock: ahead, with a second clock', 'holds', AHEAD],
  ['clock: wrong both ways, with a second clock', 'holds', [...AHEAD, BEHIND]],
  ['reachable: a slot is granted by a clock that is ahead', 'seen', [...AHEAD, 'WITNESS']],
  ['control: no second clock', 'future granted', [...AHEAD, 'BREAK_NO_SECOND_CLOCK']],
  ['control: arrivals end with the session', 'future granted', [...AHEAD, 'BREAK_FORGOTTEN']],
  ['control: own blocks are arrivals', 'future granted', [...AHEAD, 'BREAK_OWN_BLOCKS']],
  ['control: a block arrives with each report', 'denied for good', ['BREAK_REPEATED']],
  ['assumption: no lost grant by a clock ahead', 'granted twice', [...AHEAD, 'BREAK_LOST_WHILE_AHEAD']],
]);

const RAISED = ['WITNESS', 'BREAK_LATER_REPORTS_RAISE'];
const OBSERVERS = searchesOf('observers.pml', [
  ['observers: each first report counts', 'holds', []],
  ['observers: every observer must report first', 'holds', ['EVERY_OBSERVER']],
  ['reachable: a round above the base is granted', 'seen', ['WITNESS']],
  ['observers: if each report raises the base, no round is granted', 'holds', RAISED],
  ['control: rounds without a base', 'granted twice', ['BREAK_NO_BASE']],
  ['control: one report fixes the base', 'granted twice', ['BREAK_FIRST_REPORT_ONLY']],
  ['control: stored reports count', 'granted twice', ['BREAK_STORED_REPORTS']],
  ['assumption: not only a lagging observer reports', 'granted twice', ['BREAK_ONLY_LAGGING']],
]);

const NEEDED = ['NEEDED', 'RESTARTS=2'];
const TRUSTED = [...NEEDED, 'TRUST'];
const ROUNDS = searchesOf('rounds.pml', [
  ['rounds: votes of entered rounds', 'holds', ['RESTARTS=2']],
  ['rounds: a needed key goes on', 'holds', ['NEEDED']],
  ['rounds: a needed key that trusts returns goes on', 'holds', TRUSTED],
  ['control: bounds on parts', 'voter stops', ['BREAK_BOUND_ON_PARTS']],
  ['control: trust needs a fresh report', 'denied for good', [...TRUSTED, 'BREAK_TRUST_NEEDS_REPORT']],
  ['assumption: a needed key trusts returns', 'denied for good', NEEDED],
]);

const ALONE = 'MEMORY_ONLY';
const FILLED = [ALONE, 'FILLERS'];
const REDO = searchesOf('redo.pml', [
  ['redo: burned, memory alone', 'holds', [ALONE]],
  ['control: an intent is written again', 'granted twice', ['BREAK_WRITTEN_AGAIN']],
  ['control: an intent is written again, memory alone', 'granted twice', [ALONE, 'BREAK_WRITTEN_AGAIN']],
  ['control: an intent is dropped', 'granted twice', [ALONE, 'BREAK_DROPPED']],
  ['control: intents settled after answering peers', 'granted twice', [...FILLED, 'BREAK_ANSWERS_EARLY']],
  ['long: redo, burned, any part restored', 'holds', [], LONG],
  ['long: redo, burned, with fillers', 'holds', ['FILLERS'], LONG],
  ['long: redo, an intent does not count for rule 2b', 'holds', [...FILLED, 'BREAK_NO_OWN_LEDGER'], LONG],
]);

const FLOORS = 'FLOORS_ALONE';
const HEARD = ['WORDS', 'PLANS=1'];
const RUNNING = ['TRUST', 'BREAK_SERVICES_RUN'];
const RECOVERY = searchesOf('recovery.pml', [
  ['recovery: with a base, any part restored', 'holds', []],
  ['recovery: a key that trusts returns, memory alone', 'holds', ['TRUST']],
  ['recovery: floors alone', 'holds', [FLOORS]],
  ['recovery: words of any epoch', 'holds', HEARD],
  ['reachable: a grant after two recoveries', 'seen', ['WITNESS']],
  ['control: floors of memory alone', 'granted twice', [FLOORS, 'BREAK_FLOORS_OF_MEMORY']],
  ['control: a voided epoch needs no floor', 'granted twice', ['TRUST', 'BREAK_VOIDED_WITHOUT_FLOOR']],
  [
    'control: a word of a voided epoch needs no floor',
    'word ignored',
    [...HEARD, 'BREAK_VOIDED_WITHOUT_FLOOR'],
  ],
  ['control: any other epoch is void', 'word ignored', [...HEARD, 'BREAK_OTHER_EPOCHS_VOID']],
  ['control: no epoch is void', 'denied for good', ['BREAK_NOT_VOIDED']],
  ['control: an adoption does not compare the epoch', 'denied for good', ['BREAK_EPOCH_NOT_COMPARED']],
  ['control: a grant ignores the epoch', 'denied for good', [...RUNNING, 'BREAK_GRANT_IGNORES_EPOCH']],
  ['assumption: a plan has the exports of all services', 'denied for good', ['BREAK_NO_EXPORTS']],
  ['assumption: no plan is older than the restore', 'granted twice', [FLOORS, 'BREAK_OLD_PLAN']],
  ['long: recovery: services run on', 'holds', RUNNING, LONG],
  ['long: recovery: a service serves during it', 'holds', ['TRUST', 'BREAK_SERVES_EARLY'], LONG],
  ['long: recovery: two restores, memory alone', 'holds', ['TRUST', 'RESTORES=2'], LONG],
  ['long: recovery: two keys, one plan', 'holds', ['KEYS=2', 'ENTRIES=4', 'PLANS=1', 'EPOCHS=2'], LONG],
]);

/** Every search of spec/duty. @type {readonly Configuration[]} */
export const DUTY = [SESSIONS, WORDS, PARTS, LIAR, MEANING, CLOCK, OBSERVERS, ROUNDS, REDO, RECOVERY].flat();
