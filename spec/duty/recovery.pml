/*
 * Epochs and `watchbill recover` (docs/duty/explanation/protocol.md, section 6, "Recovery"): a recovery begins a new epoch and
 * adopts the keys one by one with floors. It may stop between any two steps and go on later, two operators may run one
 * each, and the store may be restored to a time before, within or after it.
 *
 * Two services, and two nodes that want each unit for different digests; W is 1. A grant is one step: transaction, fsync
 * and answer. `chain` is the present: the highest unit that may be granted. An entry is a grant or an adoption. A word is
 * the entry that it is about, and node 0 may say any word that it was ever answered.
 *
 * An operator works at the machine of the service with the same number: it makes a plan, and then carries it out. Each step
 * reads the store anew, so a crash is a step that does not come, and a run that goes on later is a step that does.
 *
 *   -DKEYS=1 -DUNITS=2 -DENTRIES=3 -DEPOCHS=3 -DPLANS=2 -DRESTORES=1
 *   -DTRUST           the policy says `return: trust`, so there is no base. A restore takes back the store, or the disk of a
 *                     service that granted since the backup, and not both
 *   -DFLOORS_ALONE    no base, and a restore takes back anything. After it the operators let no service serve before a
 *                     recovery has ended, and carry out no plan that is older than the restore
 *   -DWORDS           no base, and a restore takes back anything: asserts the promise of a heard word, as words.pml does
 *   -DWITNESS         a unit is granted after two recoveries: must be found
 *   -DBREAK_FLOORS_OF_MEMORY       a floor is the highest known unit, without the present of the chain
 *   -DBREAK_NOT_VOIDED             an entry of a replaced epoch is never explained
 *   -DBREAK_VOIDED_WITHOUT_FLOOR   an entry of a replaced epoch is explained without a floor at its top
 *   -DBREAK_OTHER_EPOCHS_VOID      so is an entry of every epoch that is not the present one, known or not
 *   -DBREAK_EPOCH_NOT_COMPARED     an adoption compares the plan in the record, and not the epoch
 *   -DBREAK_SERVICES_RUN           services with a session do not stop a recovery; this still holds
 *   -DBREAK_GRANT_IGNORES_EPOCH    and a grant does not compare the epoch record
 *   -DBREAK_SERVES_EARLY           a service serves while a recovery is open; this still holds
 *   -DBREAK_NO_EXPORTS             (an assumption) a plan does not know the ledger of the other service
 *   -DBREAK_OLD_PLAN               (an assumption) operators carry out a plan that is older than the restore
 */

#ifndef KEYS
#define KEYS 1
#endif
#ifndef UNITS
#define UNITS 2
#endif
#ifndef ENTRIES
#define ENTRIES 3
#endif
#ifndef EPOCHS
#define EPOCHS 3
#endif
#ifndef PLANS
#define PLANS 2
#endif
#ifndef RESTORES
#define RESTORES 1
#endif
#define SERVICES 2
#if !defined(TRUST) && !defined(FLOORS_ALONE) && !defined(WORDS)
#define HAS_BASE
#endif
#define ALL_KEYS ((1 << KEYS) - 1)

#define HAS(set, id) (((set) >> (id)) & 1)
#define BIT(id) (1 << (id))
#define UNIT(k, u) ((k) * (UNITS + 1) + (u))

typedef Store {
  byte epoch;
  /* Epochs that recoveries have replaced, as a set. */
  byte voided;
  /* The plan that is being carried out, 0 if none is, and the keys that it has not adopted yet, as a set. */
  byte recovery, keysLeft;
  /* By key: the epoch of the mark, its floor, the entry of the unit above the floor (0: none), the last entry. */
  byte markEpoch[KEYS], floor[KEYS], unitEntry[KEYS], head[KEYS]
};
Store store, backup;

typedef ServiceState {
  /* The epoch of its session, 0 if it has none. It grants no unit at or below the base. */
  byte epoch, base;
  /* Its disk, as sets: entries, and words that it answered with store-behind. Then the same in the backup. */
  byte ledger, savedLedger;
#ifdef WORDS
  byte words, savedWords;
#endif
#ifdef TRUST
  /* It granted a unit since the backup. */
  bit granted
#endif
};
ServiceState service[SERVICES];

typedef Plan {
  byte id, floor;
  /* What it was made from: step 1 compares all of it. */
  byte epoch, recovery, ledger, head[KEYS];
#ifdef WORDS
  byte words;
#endif
  /* The epochs that it voids. */
  byte voids;
#ifdef BREAK_EPOCH_NOT_COMPARED
  /* The epoch that the first of its processes began. */
  byte began;
#endif
  /* Something was restored since it was made. */
  bit isOld
};
Plan plan[SERVICES];

/* Facts of entries, by id: epoch, key, and the highest unit of the mark then (the unit itself for a grant). Then the set of
 * those that were answered to node 0. */
byte entryEpoch[ENTRIES + 1], entryKey[ENTRIES + 1], entryTop[ENTRIES + 1];
#ifdef WORDS
byte answeredWords;
/* Words that the store of now has explained. */
byte explainedWords;
#endif

/* The truth: who was answered for a unit, as node + 1. It is never restored. */
byte answered[KEYS * (UNITS + 1)];
bit grantedTwice, wordIgnored, deniedForGood;
#ifdef WITNESS
bit witnessed;
#endif

byte chain = 1, nextEntry = 1, nextEpoch = 2, nextPlan = 1;
byte restores;
/* A backup is kept. No recovery has ended since the store was restored. */
bit isSaved, mustRecover;
/* Scratch variables: service (or operator), key, unit, node, entry. Each step sets them back to 0, so that they make no states.
 * A parameter ends in `_` if a variable has its name. */
byte s, k, u, n, w, floor;
bit isFree;

#define BY_LINEAGE(e) (store.head[entryKey[e]] == (e) || store.unitEntry[entryKey[e]] == (e))
#define BY_FLOOR(e) (store.floor[entryKey[e]] >= entryTop[e])
#ifdef BREAK_NOT_VOIDED
#define IS_VOIDED(e) false
#else
#define IS_VOIDED(e) HAS(store.voided, entryEpoch[e])
#endif
#define IS_PRESENT(e) (entryEpoch[e] == store.epoch)
#define MARK_IS_PRESENT(e) (store.markEpoch[entryKey[e]] == store.epoch)

/* Does the store explain an entry that a service or a word remembers? In the epoch of the mark: by lineage or by the floor.
 * In a voided epoch, once the mark is adopted: by the floor only. Never in an epoch that the store does not know. */
#define IN_EPOCH_OF_MARK(e) (entryEpoch[e] == store.markEpoch[entryKey[e]] && (IS_PRESENT(e) || IS_VOIDED(e)) && (BY_LINEAGE(e) || BY_FLOOR(e)))
#ifdef BREAK_VOIDED_WITHOUT_FLOOR
#define IN_VOIDED_EPOCH(e) (IS_VOIDED(e) && MARK_IS_PRESENT(e))
#elif defined(BREAK_OTHER_EPOCHS_VOID)
#define IN_VOIDED_EPOCH(e) (!IS_PRESENT(e))
#else
#define IN_VOIDED_EPOCH(e) (IS_VOIDED(e) && MARK_IS_PRESENT(e) && BY_FLOOR(e))
#endif
#define EXPLAINED(e) (IN_EPOCH_OF_MARK(e) || IN_VOIDED_EPOCH(e))

#ifdef BREAK_SERVICES_RUN
#define ALL_STOPPED true
#else
#define ALL_STOPPED (service[0].epoch == 0 && service[1].epoch == 0)
#endif
#ifdef BREAK_GRANT_IGNORES_EPOCH
#define MAY_GRANT(s, k) (service[s].epoch != 0 && store.markEpoch[k] == service[s].epoch)
#else
#define MAY_GRANT(s, k) (service[s].epoch != 0 && service[s].epoch == store.epoch && store.markEpoch[k] == store.epoch)
#endif
#ifdef BREAK_SERVES_EARLY
#define MAY_SERVE true
#elif defined(FLOORS_ALONE)
#define MAY_SERVE (store.recovery == 0 && !mustRecover)
#else
#define MAY_SERVE (store.recovery == 0)
#endif

#ifdef WORDS
#define WORDS_OF(s) service[s].words
#define WORDS_OF_PLAN plan[s].words
#else
#define WORDS_OF(s) 0
#define WORDS_OF_PLAN 0
#endif
#define MEMORIES (service[0].ledger | service[1].ledger | WORDS_OF(0) | WORDS_OF(1))

/* May operator s begin its recovery, and go on with it? The record in the store names the plan. */
#if defined(FLOORS_ALONE) && !defined(BREAK_OLD_PLAN)
#define GOES_ON(s) (plan[s].id == store.recovery && !plan[s].isOld)
#define MAY_BEGIN(s) (!plan[s].isOld)
#else
#define GOES_ON(s) (plan[s].id == store.recovery)
#define MAY_BEGIN(s) true
#endif

/* Sets isFree to 0 if an entry of the set is not explained. */
inline askExplained(set) {
  for (w : 1 .. ENTRIES) {
    if
    :: HAS(set, w) && !EXPLAINED(w) -> isFree = 0
    :: else
    fi
  }
  w = 0
}

inline endSession(s_) { service[s_].epoch = 0; service[s_].base = 0 }

inline forgetPicks() { s = 0; k = 0; u = 0; n = 0; w = 0; floor = 0; isFree = 0 }

/* Node n is granted unit u of key k by service s, and answered. */
inline grant() {
#ifdef WORDS
  for (w : 1 .. ENTRIES) {
    if
    :: (HAS(service[s].words, w) || HAS(explainedWords, w)) && entryKey[w] == k && entryTop[w] >= u ->
       wordIgnored = (answered[UNIT(k, u)] != 0 && answered[UNIT(k, u)] != n + 1);
       assert(!wordIgnored)
    :: else
    fi
  }
  w = 0;
#else
  grantedTwice = (answered[UNIT(k, u)] != 0 && answered[UNIT(k, u)] != n + 1);
  assert(!grantedTwice);
#endif
#ifdef WITNESS
  witnessed = (store.epoch == 3);
  assert(!witnessed);
#endif
  answered[UNIT(k, u)] = n + 1;
  entryEpoch[nextEntry] = service[s].epoch; entryKey[nextEntry] = k; entryTop[nextEntry] = u;
#ifdef WORDS
  if
  :: n == 0 -> answeredWords = answeredWords | BIT(nextEntry)
  :: else
  fi;
#endif
  if
  :: store.unitEntry[k] != 0 -> store.floor[k] = entryTop[store.unitEntry[k]]
  :: else
  fi;
  store.unitEntry[k] = nextEntry; store.head[k] = nextEntry;
  service[s].ledger = service[s].ledger | BIT(nextEntry);
#ifdef TRUST
  service[s].granted = 1;
#endif
  nextEntry++
}

/* Sets floor to the highest unit that the store, the ledgers and the held words know of, and to the present of the chain. */
inline chooseFloor() {
#ifdef BREAK_FLOORS_OF_MEMORY
  floor = 0;
#else
  floor = chain;
#endif
  for (w : 1 .. ENTRIES) {
    if
    :: (HAS(MEMORIES, w) ||
        store.head[entryKey[w]] == w || store.unitEntry[entryKey[w]] == w) && entryTop[w] > floor -> floor = entryTop[w]
    :: else
    fi
  }
  w = 0
}

/* Operator s makes a plan, from the store, the own ledger and the exports of the other service. */
inline makePlan() {
  chooseFloor();
  plan[s].id = nextPlan; nextPlan++;
  plan[s].floor = floor; plan[s].epoch = store.epoch; plan[s].recovery = store.recovery; plan[s].ledger = service[s].ledger;
  for (k : 0 .. KEYS - 1) { plan[s].head[k] = store.head[k] }
  k = 0;
  plan[s].voids = store.voided | BIT(store.epoch);
  for (w : 1 .. ENTRIES) {
    if
#ifdef BREAK_NO_EXPORTS
    :: HAS(service[s].ledger | WORDS_OF(s), w) -> plan[s].voids = plan[s].voids | BIT(entryEpoch[w])
#else
    :: HAS(MEMORIES, w) ->
       plan[s].voids = plan[s].voids | BIT(entryEpoch[w])
#endif
    :: else
    fi
  }
  w = 0;
#ifdef WORDS
  plan[s].words = service[0].words | service[1].words;
#endif
#ifdef BREAK_EPOCH_NOT_COMPARED
  plan[s].began = 0;
#endif
  plan[s].isOld = 0
}

/* Sets isFree: is everything as it was when operator s made its plan? */
inline comparePlan() {
  isFree = (store.epoch == plan[s].epoch && store.recovery == plan[s].recovery && service[s].ledger == plan[s].ledger);
#ifdef WORDS
  isFree = (isFree && plan[s].words == (service[0].words | service[1].words));
#endif
  for (k : 0 .. KEYS - 1) { isFree = (isFree && store.head[k] == plan[s].head[k]) }
  k = 0
}

/* Operator s adopts key k under the epoch. */
inline adopt(epoch_) {
  entryEpoch[nextEntry] = epoch_; entryKey[nextEntry] = k;
  floor = plan[s].floor;
  if
  :: floor > store.floor[k] -> store.floor[k] = floor
  :: else
  fi;
  if
  :: entryTop[store.unitEntry[k]] <= store.floor[k] -> store.unitEntry[k] = 0; entryTop[nextEntry] = store.floor[k]
  :: else -> entryTop[nextEntry] = entryTop[store.unitEntry[k]]
  fi;
  store.markEpoch[k] = epoch_; store.head[k] = nextEntry;
  service[s].ledger = service[s].ledger | BIT(nextEntry);
  store.keysLeft = store.keysLeft & ~BIT(k);
  nextEntry++
}

/* A recovery must leave no key denied: every mark is adopted and, if its plan is new, every memory is explained. */
inline checkRecovered() {
  if
  :: !plan[s].isOld ->
     isFree = 1;
     askExplained(service[0].ledger | service[1].ledger | WORDS_OF_PLAN)
  :: else -> isFree = 1
  fi;
  for (k : 0 .. KEYS - 1) { isFree = (isFree && store.markEpoch[k] == store.epoch) }
  deniedForGood = !isFree;
  assert(!deniedForGood)
}

inline restoreStore() {
  store.epoch = backup.epoch; store.voided = backup.voided; store.recovery = backup.recovery; store.keysLeft = backup.keysLeft;
  for (k : 0 .. KEYS - 1) {
    store.markEpoch[k] = backup.markEpoch[k]; store.floor[k] = backup.floor[k];
    store.unitEntry[k] = backup.unitEntry[k]; store.head[k] = backup.head[k]
  }
  /* The counter ends every session. */
  endSession(0); endSession(1);
#ifdef WORDS
  explainedWords = 0;
#endif
  mustRecover = 1
}

inline restoreDisk(s_) {
  if
  :: true ->
     endSession(s_); service[s_].ledger = service[s_].savedLedger;
#ifdef WORDS
     service[s_].words = service[s_].savedWords
#else
     skip
#endif
  :: true
  fi
}

active proctype Everything() {
  atomic {
    store.epoch = 1;
    for (k : 0 .. KEYS - 1) { store.markEpoch[k] = 1 }
    service[0].epoch = 1; service[1].epoch = 1;
    forgetPicks() };
end:
  do
  :: atomic { chain < UNITS -> chain++ }

  /* A service ends, and opens a session. It serves if the store explains its memory and that of the other service. */
  :: atomic { select (s : 0 .. SERVICES - 1); endSession(s); forgetPicks() }
  :: atomic { MAY_SERVE ->
       select (s : 0 .. SERVICES - 1);
       isFree = (service[s].epoch == 0);
       askExplained(service[0].ledger | service[1].ledger);
       if
       :: isFree ->
          service[s].epoch = store.epoch;
#ifdef HAS_BASE
          service[s].base = chain
#endif
       :: else
       fi;
       forgetPicks() }

  /* A grant. Rule 2b, and no word is held. */
  :: atomic { nextEntry <= ENTRIES ->
       select (s : 0 .. SERVICES - 1);
       select (k : 0 .. KEYS - 1);
       select (u : 1 .. UNITS);
       select (n : 0 .. 1);
       isFree = (MAY_GRANT(s, k) && u <= chain && u > service[s].base && u > store.floor[k] && u > entryTop[store.unitEntry[k]]);
       askExplained(service[s].ledger | WORDS_OF(s));
       if
       :: isFree -> grant()
       :: else
       fi;
       forgetPicks() }

#ifdef WORDS
  /* Node 0 says a word to a service. If the store does not explain it, the service fsyncs it and answers store-behind. */
  :: atomic { answeredWords != 0 ->
       select (s : 0 .. SERVICES - 1);
       select (w : 1 .. ENTRIES);
       if
       :: HAS(answeredWords, w) && EXPLAINED(w) -> explainedWords = explainedWords | BIT(w)
       :: HAS(answeredWords, w) && !EXPLAINED(w) -> service[s].words = service[s].words | BIT(w)
       :: else
       fi;
       forgetPicks() }
#endif

  /* The recovery: a plan, the new epoch, the keys one by one, the end. */
  :: atomic { nextPlan <= PLANS && ALL_STOPPED -> select (s : 0 .. SERVICES - 1); makePlan(); forgetPicks() }
  :: atomic { nextEpoch <= EPOCHS && ALL_STOPPED ->
       select (s : 0 .. SERVICES - 1);
       comparePlan();
       if
       :: isFree && plan[s].id != 0 && MAY_BEGIN(s) ->
          store.voided = store.voided | plan[s].voids;
          store.epoch = nextEpoch; nextEpoch++;
          store.recovery = plan[s].id; store.keysLeft = ALL_KEYS;
#ifdef BREAK_EPOCH_NOT_COMPARED
          if
          :: plan[s].began == 0 -> plan[s].began = store.epoch
          :: else
          fi
#endif
       :: else
       fi;
       forgetPicks() }
  :: atomic { nextEntry <= ENTRIES && store.recovery != 0 ->
       select (s : 0 .. SERVICES - 1);
       select (k : 0 .. KEYS - 1);
       if
       :: GOES_ON(s) && HAS(store.keysLeft, k) -> adopt(store.epoch)
#ifdef BREAK_EPOCH_NOT_COMPARED
       :: GOES_ON(s) && HAS(store.keysLeft, k) && plan[s].began != 0 -> adopt(plan[s].began)
#endif
       :: else
       fi;
       forgetPicks() }
  :: atomic { store.recovery != 0 && store.keysLeft == 0 ->
       select (s : 0 .. SERVICES - 1);
       if
       :: GOES_ON(s) -> store.recovery = 0; mustRecover = 0; checkRecovered()
       :: else
       fi;
       forgetPicks() }

  :: atomic { !isSaved && restores < RESTORES ->
       isSaved = 1;
       backup.epoch = store.epoch; backup.voided = store.voided; backup.recovery = store.recovery; backup.keysLeft = store.keysLeft;
       for (k : 0 .. KEYS - 1) {
         backup.markEpoch[k] = store.markEpoch[k]; backup.floor[k] = store.floor[k];
         backup.unitEntry[k] = store.unitEntry[k]; backup.head[k] = store.head[k]
       }
       for (s : 0 .. SERVICES - 1) {
         service[s].savedLedger = service[s].ledger;
#ifdef WORDS
         service[s].savedWords = service[s].words;
#endif
#ifdef TRUST
         service[s].granted = 0;
#endif
       }
       forgetPicks() }
  :: atomic { isSaved ->
       isSaved = 0; restores++;
       isFree = 0;
       if
       :: true -> isFree = 1
       :: true
       fi;
       if
       :: isFree -> restoreStore()
       :: else
       fi;
#ifdef TRUST
       if
       :: isFree && service[0].granted
       :: else -> restoreDisk(0)
       fi;
       if
       :: isFree && service[1].granted
       :: else -> restoreDisk(1)
       fi;
#else
       restoreDisk(0); restoreDisk(1);
#endif
       for (s : 0 .. SERVICES - 1) {
         service[s].savedLedger = 0; plan[s].isOld = 1;
#ifdef WORDS
         service[s].savedWords = 0;
#endif
#ifdef TRUST
         service[s].granted = 0;
#endif
       }
       backup.epoch = 0; backup.voided = 0; backup.recovery = 0; backup.keysLeft = 0;
       for (k : 0 .. KEYS - 1) {
         backup.markEpoch[k] = 0; backup.floor[k] = 0; backup.unitEntry[k] = 0; backup.head[k] = 0
       }
       forgetPicks() }
  od
}
