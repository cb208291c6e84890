/*
 * Words: what a node was answered, against a store that went back (docs/duty/explanation/protocol.md, sections 2 and 6). There
 * is no base and no clock here, so only the promise of a heard word is asserted: once a service answered store-behind to a
 * word, it grants nothing that the history of the word holds; once the record of the word is in the store, no service does.
 * Before the first restore, no unit may be granted twice at all: that is rule 5, the window and its floor.
 *
 * Two services; a mark per key. Node 0 is granted, answered, and says words; node 1 has the same keys. A grant is one step.
 * A word is an entry id; its key, unit and top are facts about that entry. Node 0 may say any word that it was ever
 * answered: its file is any earlier one, so a node file that was restored or lost is among the runs.
 * Restores take back any subset of {store, disk of service 0, disk of service 1}, and end every session.
 *
 *   -DKEYS=1 -DUNITS=3 -DENTRIES=4 -DRESTORES=1
 *   -DWINDOW=2        units above the floor that a mark keeps (W); a grant evicts the lowest
 *   -DWINDOW_GROWS    a new version of the policy may raise W to all units
 *   -DEXPLAINS        asserts it of an explained word too: the store then denies all that the history of the word holds
 *   -DOPERATOR        an operator adopts keys, at any floor that the rules allow
 *   -DBREAK_WITNESSES            services that agree with the store release a word
 *   -DBREAK_MEMORY_ONLY          a word is not written to the disk of the service
 *   -DBREAK_NOT_RAISED_AT_START  a service that starts forgets the words on its disk
 *   -DBREAK_RECORD_NOT_READ      a service does not read the records of other services in the store
 *   -DBREAK_FREED_BY_NODE        an adoption frees the node, so its later words hold nothing
 *   -DBREAK_ANY_ADOPTION         an adoption at any floor releases the words of its own key too
 *   -DBREAK_FLOOR_OF_UNIT        a floor at the unit of a word explains it, and not only one at its top
 *   -DBREAK_NUMBERS              a higher sequence number of the mark explains a word
 *   -DBREAK_FLOOR_STAYS          a unit that leaves the window raises no floor
 */

#ifndef KEYS
#define KEYS 1
#endif
#ifndef UNITS
#define UNITS 3
#endif
#ifndef ENTRIES
#define ENTRIES 4
#endif
#ifndef RESTORES
#define RESTORES 1
#endif
#ifndef WINDOW
#define WINDOW 2
#endif
#define SERVICES 2

#define HAS(set, id) (((set) >> (id)) & 1)
#define BIT(id) (1 << (id))

/* The store: by key the floor, the head, and by unit the entry that granted it (0: it is not in the window). */
#define UNIT(k, u) ((k) * (UNITS + 1) + (u))
typedef Marks { byte floor[KEYS]; byte head[KEYS]; byte granted[KEYS * (UNITS + 1)] };
Marks store, backup;
/* Rollback reports in the store, as sets of words: held, and of those the ones whose other key an adoption has freed. */
byte held, freed, savedHeld, savedFreed;
/* Which entries lie on the line that led to the store of now. */
byte line, savedLine;

typedef ServiceState {
  /* Entries on its disk, words that it holds in memory, words on its disk; the disk's backup. */
  byte ledger, memoryWords, diskWords;
  byte savedLedger, savedDiskWords;
  /* What it promised: words that it answered with store-behind. A restored disk or a release ends a promise. */
  byte promised
};
ServiceState service[SERVICES];
/* Words whose record is or was in the store since its last restore. */
byte promisedByAll;

/* Facts of entries: key, unit, top of the mark then; whether node 0 was answered; sequence number of the mark. */
byte wordKey[ENTRIES + 1], wordUnit[ENTRIES + 1], wordTop[ENTRIES + 1], wordSeq[ENTRIES + 1];
byte answeredWords;
byte seq[KEYS], savedSeq[KEYS];
/* The truth: who was answered for a unit, as node + 1. */
byte answered[KEYS * (UNITS + 1)];
bit wordIgnored, wronglyExplained, grantedTwice;
byte window = WINDOW;
#ifdef EXPLAINS
/* Words that the store explained since its last restore, and by word the line that led to it. */
byte answeredEntry[KEYS * (UNITS + 1)];
byte explainedWords, history[ENTRIES + 1];
#endif
/* For -DBREAK_FREED_BY_NODE: an adoption freed node 0 for good. */
bit nodeFreed;

/* `phase` is 1 while a backup is kept. */
byte nextEntry = 1, restores, phase;
/* Scratch variables: service, key, unit, number, word. Each step sets them back to 0, so that they make no states. A parameter
 * ends in `_` if a variable has its name. */
byte s, k, u, n, w, floor, top;
bit isFree, isHeld, fits;

/* Does the store explain the word? By lineage: it is the head, or its unit is in the window with its nonce. */
#define BY_LINEAGE(w) (store.head[wordKey[w]] == w || store.granted[UNIT(wordKey[w], wordUnit[w])] == w)
/* By the floor: all that its history holds is denied. */
#ifdef BREAK_FLOOR_OF_UNIT
#define BY_FLOOR(w) (store.floor[wordKey[w]] >= wordUnit[w])
#else
#define BY_FLOOR(w) (store.floor[wordKey[w]] >= wordTop[w])
#endif
#ifdef BREAK_NUMBERS
#define EXPLAINED(w) (seq[wordKey[w]] > wordSeq[w] || BY_LINEAGE(w) || BY_FLOOR(w))
#else
#define EXPLAINED(w) (BY_LINEAGE(w) || BY_FLOOR(w))
#endif
/* The unit can never be granted again, but its line cannot be shown: such a claim is answered "unknown", and nothing is held. */
#define IN_GAP(w) (store.floor[wordKey[w]] >= wordUnit[w])

/* A service that starts raises again every word on its disk. */
#ifdef BREAK_NOT_RAISED_AT_START
#define RAISED(s) 0
#else
#define RAISED(s) service[s].diskWords
#endif

/* Is the word released for a key? Its own key only by a floor; another key by an adoption that wrote itself into the record. */
#ifdef BREAK_FREED_BY_NODE
#define RELEASED_FOR(w, k) nodeFreed
#elif defined(BREAK_ANY_ADOPTION)
#define RELEASED_FOR(w, k) (HAS(freed, w) || BY_FLOOR(w))
#else
#define RELEASED_FOR(w, k) (wordKey[w] == (k) -> BY_FLOOR(w) : HAS(freed, w))
#endif

/* Memory agrees with the store if every entry of it is on the line, or the floor denies its history. */
inline memoryAgrees(service_) {
  for (w : 1 .. ENTRIES) {
    if
    :: HAS(service[service_].ledger, w) && !HAS(line, w) && store.floor[wordKey[w]] < wordTop[w] -> isFree = 0
    :: else
    fi
  }
  w = 0
}

/* Sets isHeld: does a word hold the key at this service? */
inline askHeld(service_, key_) {
  isHeld = 0;
  for (w : 1 .. ENTRIES) {
    if
#ifdef BREAK_RECORD_NOT_READ
    :: HAS(service[service_].memoryWords, w) && !RELEASED_FOR(w, key_) -> isHeld = 1
#else
    :: (HAS(service[service_].memoryWords, w) || HAS(held, w)) && !RELEASED_FOR(w, key_) -> isHeld = 1
#endif
    :: else
    fi
  }
  w = 0
}

/* Sets top to the highest unit of the mark. */
inline findTop(key_) {
  top = store.floor[key_];
  for (w : 1 .. UNITS) {
    if
    :: store.granted[UNIT(key_, w)] != 0 && w > top -> top = w
    :: else
    fi
  }
  w = 0
}

/* Evicts the lowest units until the window fits; the floor becomes the highest that left. */
inline evict(key_) {
  n = 0;
  for (w : 1 .. UNITS) {
    if
    :: store.granted[UNIT(key_, w)] != 0 -> n++
    :: else
    fi
  }
  w = 1;
  do
  :: n > window && w <= UNITS ->
     if
     :: store.granted[UNIT(key_, w)] != 0 ->
        store.granted[UNIT(key_, w)] = 0; n--;
#ifndef BREAK_FLOOR_STAYS
        store.floor[key_] = w
#else
        skip
#endif
     :: else
     fi;
     w++
  :: else -> break
  od;
  n = 0; w = 0
}

inline checkPromise(node_) {
  for (w : 1 .. ENTRIES) {
    if
    :: (HAS(service[s].promised, w) || HAS(promisedByAll, w)) && wordKey[w] == k && wordTop[w] >= u ->
       wordIgnored = (answered[UNIT(k, u)] != 0 && answered[UNIT(k, u)] != node_ + 1);
       assert(!wordIgnored)
    :: else
    fi
#ifdef EXPLAINS
    ;
    if
    :: HAS(explainedWords, w) && wordKey[w] == k && HAS(history[w], answeredEntry[UNIT(k, u)]) ->
       wronglyExplained = (answered[UNIT(k, u)] != 0 && answered[UNIT(k, u)] != node_ + 1);
       assert(!wronglyExplained)
    :: else
    fi
#endif
  }
  w = 0
}

/* Node n is granted unit u of key k by service s, and answered. */
inline grant(node_) {
  checkPromise(node_);
  grantedTwice = (restores == 0 && answered[UNIT(k, u)] != 0 && answered[UNIT(k, u)] != node_ + 1);
  assert(!grantedTwice);
  store.granted[UNIT(k, u)] = nextEntry; store.head[k] = nextEntry; line = line | BIT(nextEntry); seq[k]++;
  service[s].ledger = service[s].ledger | BIT(nextEntry);
  wordKey[nextEntry] = k; wordUnit[nextEntry] = u; wordSeq[nextEntry] = seq[k];
  if
  :: node_ == 0 -> answeredWords = answeredWords | BIT(nextEntry)
  :: else
  fi;
  if
  :: answered[UNIT(k, u)] == 0 -> answered[UNIT(k, u)] = node_ + 1;
#ifdef EXPLAINS
     answeredEntry[UNIT(k, u)] = nextEntry
#else
     skip
#endif
  :: else
  fi;
  evict(k);
  findTop(k); wordTop[nextEntry] = top;
#ifdef EXPLAINS
  history[nextEntry] = line;
#endif
  nextEntry++
}

/* A word is released everywhere. */
inline release(word_) {
  held = held & ~BIT(word_); freed = freed & ~BIT(word_); promisedByAll = promisedByAll & ~BIT(word_);
  for (n : 0 .. SERVICES - 1) {
    service[n].memoryWords = service[n].memoryWords & ~BIT(word_);
    service[n].diskWords = service[n].diskWords & ~BIT(word_);
    service[n].promised = service[n].promised & ~BIT(word_)
  }
  n = 0
}

inline restoreService(service_) {
  if
  :: true ->
     service[service_].ledger = service[service_].savedLedger; service[service_].diskWords = service[service_].savedDiskWords;
     service[service_].memoryWords = RAISED(service_);
     service[service_].promised = service[service_].promised & service[service_].savedDiskWords
  :: true
  fi;
  service[service_].savedLedger = 0; service[service_].savedDiskWords = 0
}

inline pick() {
  select (s : 0 .. SERVICES - 1);
  select (k : 0 .. KEYS - 1)
}

inline forgetPicks() { s = 0; k = 0; u = 0; n = 0; w = 0; isFree = 0; isHeld = 0; fits = 0; floor = 0; top = 0 }

active proctype Everything() {
end:
  do
  /* A grant of a unit above the floor, by a service whose ledger agrees as its peer's does. Rule 5: one that would leave
   * the window at once is denied. */
  :: atomic { nextEntry <= ENTRIES ->
       pick();
       select (u : 1 .. UNITS);
       isFree = (u > store.floor[k] && store.granted[UNIT(k, u)] == 0);
       if
       :: isFree ->
          memoryAgrees(0); memoryAgrees(1); askHeld(s, k);
          for (w : 1 .. UNITS) {
            if
            :: w > u && store.granted[UNIT(k, w)] != 0 -> n++
            :: else
            fi
          }
          fits = (n < window); n = 0; w = 0
       :: else
       fi;
       if
       :: isFree && fits && !isHeld -> grant(0)
       :: isFree && fits && !isHeld -> grant(1)
       :: else
       fi;
       forgetPicks() }

#ifdef WINDOW_GROWS
  :: atomic { window == WINDOW -> window = UNITS }
#endif
  /* Node 0 says a word to a service. The service fsyncs it, holds, and answers store-behind. */
  :: atomic { answeredWords != 0 ->
       select (s : 0 .. SERVICES - 1);
       select (w : 1 .. ENTRIES);
       if
       :: HAS(answeredWords, w) && !EXPLAINED(w) && !IN_GAP(w) && !HAS(service[s].memoryWords, w) ->
          service[s].memoryWords = service[s].memoryWords | BIT(w);
#ifndef BREAK_MEMORY_ONLY
          service[s].diskWords = service[s].diskWords | BIT(w);
#endif
          service[s].promised = service[s].promised | BIT(w)
#ifdef EXPLAINS
       :: HAS(answeredWords, w) && EXPLAINED(w) -> explainedWords = explainedWords | BIT(w)
#endif
       :: else
       fi;
       forgetPicks() }
  /* The record reaches the store; it is tried again until it does, so this may come at any later time or never. */
  :: atomic {
       select (s : 0 .. SERVICES - 1);
       select (w : 1 .. ENTRIES);
       if
       :: HAS(service[s].memoryWords, w) && !HAS(held, w) ->
          held = held | BIT(w); promisedByAll = promisedByAll | BIT(w)
       :: else
       fi;
       forgetPicks() }
  /* Released, because the store explains it by lineage. */
  :: atomic {
       select (s : 0 .. SERVICES - 1);
       select (w : 1 .. ENTRIES);
       if
       :: HAS(service[s].memoryWords, w) && BY_LINEAGE(w) -> release(w)
       :: else
       fi;
       forgetPicks() }
#ifdef BREAK_WITNESSES
  /* Released by comparing: all services agree with the store, and the other one remembers something. */
  :: atomic {
       select (s : 0 .. SERVICES - 1);
       select (w : 1 .. ENTRIES);
       isFree = (HAS(service[s].memoryWords, w) && service[1 - s].ledger != 0);
       n = w; memoryAgrees(0); memoryAgrees(1); w = n; n = 0;
       if
       :: isFree ->
          service[s].memoryWords = service[s].memoryWords & ~BIT(w); service[s].diskWords = service[s].diskWords & ~BIT(w);
          held = held & ~BIT(w)
       :: else
       fi;
       forgetPicks() }
#endif
#ifdef OPERATOR
  /* An adoption: an entry that raises the floor. It is refused below the top of a held word of the key; and it frees the
   * key of the held words of other keys. Memories need not agree then: the operator answers for the store. */
  :: atomic { nextEntry <= ENTRIES ->
       select (k : 0 .. KEYS - 1);
       select (floor : 1 .. UNITS);
       isFree = (floor >= store.floor[k]);
#if !defined(BREAK_ANY_ADOPTION) && !defined(BREAK_FREED_BY_NODE)
       for (w : 1 .. ENTRIES) {
         if
         :: HAS(held, w) && wordKey[w] == k && wordTop[w] > floor -> isFree = 0
         :: else
         fi
       }
       w = 0;
#endif
       if
       :: isFree ->
          nodeFreed = 1;
          for (u : 1 .. UNITS) {
            if
            :: u <= floor -> store.granted[UNIT(k, u)] = 0
            :: else
            fi
          }
          store.floor[k] = floor; store.head[k] = nextEntry; line = line | BIT(nextEntry); seq[k]++;
          service[0].ledger = service[0].ledger | BIT(nextEntry);
          wordKey[nextEntry] = k; wordUnit[nextEntry] = floor; wordSeq[nextEntry] = seq[k];
          findTop(k); wordTop[nextEntry] = top;
          nextEntry++;
          for (w : 1 .. ENTRIES) {
            if
#ifdef BREAK_ANY_ADOPTION
            :: HAS(held, w) -> freed = freed | BIT(w)
#else
            :: HAS(held, w) && wordKey[w] != k -> freed = freed | BIT(w)
#endif
            :: else
            fi
          }
       :: else
       fi;
       forgetPicks() }
#endif
  /* Crash and restart. A service that is down is one that takes no step, so it needs no state. */
  :: atomic { select (s : 0 .. SERVICES - 1); service[s].memoryWords = RAISED(s); forgetPicks() }
  :: atomic { phase == 0 && restores < RESTORES ->
       phase = 1;
       for (k : 0 .. KEYS - 1) {
         backup.floor[k] = store.floor[k]; backup.head[k] = store.head[k]; savedSeq[k] = seq[k];
         for (u : 0 .. UNITS) { backup.granted[UNIT(k, u)] = store.granted[UNIT(k, u)] }
       }
       savedLine = line; savedHeld = held; savedFreed = freed;
       for (s : 0 .. SERVICES - 1) {
         service[s].savedLedger = service[s].ledger; service[s].savedDiskWords = service[s].diskWords
       }
       forgetPicks() }
  :: atomic { phase == 1 ->
       phase = 0; restores++;
       if
       :: true ->
          for (k : 0 .. KEYS - 1) {
            store.floor[k] = backup.floor[k]; store.head[k] = backup.head[k]; seq[k] = savedSeq[k];
            for (u : 0 .. UNITS) { store.granted[UNIT(k, u)] = backup.granted[UNIT(k, u)] }
          }
          line = savedLine; held = savedHeld; freed = savedFreed;
          promisedByAll = promisedByAll & savedHeld;
#ifdef EXPLAINS
          explainedWords = 0
#else
          skip
#endif
       :: true
       fi;
       restoreService(0); restoreService(1);
       for (k : 0 .. KEYS - 1) {
         backup.floor[k] = 0; backup.head[k] = 0; savedSeq[k] = 0;
         for (u : 0 .. UNITS) { backup.granted[UNIT(k, u)] = 0 }
       }
       savedLine = 0; savedHeld = 0; savedFreed = 0;
       forgetPicks() }
  od
}
