/*
 * The redo ledger (docs/duty/explanation/protocol.md, section 7a). It is modelled here and not built.
 *
 * The entry is fsynced as an intent while its transaction is in flight, and the answer waits for both. A crash between the
 * two leaves an intent of which the service does not know whether its transaction applied; at the next start it must find out.
 * The rest is as in sessions-and-base.pml, which explains the words: one contested unit, two services, two nodes, one backup,
 * one restore of any part. Here the fsync, the commit and the answer are separate steps, in any order that the rules allow.
 *
 *   -DENTRIES=2
 *   -DMEMORY_ONLY           no base; a restore leaves the store or the disk of a service that granted the unit
 *   -DFILLERS               other grants of the mark
 *   -DBREAK_WRITTEN_AGAIN   an intent whose place is free is written again with its owner
 *   -DBREAK_DROPPED         an intent whose place is free is dropped
 *   -DBREAK_ANSWERS_EARLY   a service answers a peer's question for its memory before its intents are settled
 *   -DBREAK_NO_OWN_LEDGER   an intent does not count for rule 2b; this still holds
 */

#ifndef ENTRIES
#define ENTRIES 2
#endif
#define SERVICES 2
#define IN_LINE(id) ((storeLine >> (id)) & 1)
#define MAY_WRITE (nextEntry <= ENTRIES)

#define CLOSED 0
#define COMPARING 1
#define SERVING 2
#define BASE_BELOW_UNIT 0
#define BASE_COVERS_UNIT 1
#define BASE_UNKNOWN 2
/* The owner of a unit that was burned: no node. */
#define BURNED 3

/* What a service knows about the transaction of its last intent. */
#define UNSETTLED 0
#define APPLIED 1
#define VOID 2

byte storeSeq, storeHead, storeLine = 1, storeOwner, storeUnitEntry;
bit storeReport, chainReached;
byte nextEntry = 1;
byte savedSeq, savedHead, savedLine, savedOwner, savedUnitEntry;
bit savedReport;

/* The disk of a service: the highest entry that is memory, the owner that the own ledger has for the unit, and the intent. */
typedef Disk { byte seq, head, owner, intent, intentPrevious, intentOwner, intentSeq };
typedef ServiceState {
  byte session, base;
  bit storeRecordEqual, savedRecordEqual, renewedSinceBackup;
  /* Every intent of this disk was looked up since the start. */
  bit settledAtStart;
  /* Known in memory only; it reaches the disk with a later flush. */
  byte outcome;
  /* The claim in hand: decided, on disk, applied. The entry is the intent's, or the head for a repeat. */
  bit busy, onDisk, applied, node, isRepeat, undelivered;
  byte readHead, readSeq, entry;
  bit granted
};
ServiceState service[SERVICES];
Disk disk[SERVICES], savedDisk[SERVICES];

byte answered;
bit grantedTwice;
/* 0: before the backup, 1: between backup and restore, 2: after the restore. */
byte phase;
/* Scratch variables. */
bit storeGoesBack, diskGoesBack;

#define BEHIND(s) (!IN_LINE(disk[s].head) || (service[s].outcome == APPLIED && disk[s].intent != 0 && !IN_LINE(disk[s].intent)))
#ifdef BREAK_NO_OWN_LEDGER
#define OWN_LEDGER_ALLOWS(s, n) true
#else
#define OWN_LEDGER_ALLOWS(s, n) (disk[s].owner == 0 || disk[s].owner == n + 1)
#endif
#ifdef BREAK_ANSWERS_EARLY
#define MAY_BE_ASKED(s) true
#else
#define MAY_BE_ASKED(s) service[s].settledAtStart
#endif

inline forgetClaim(s) {
  service[s].busy = 0; service[s].onDisk = 0; service[s].applied = 0; service[s].node = 0; service[s].isRepeat = 0;
  service[s].undelivered = 0; service[s].readHead = 0; service[s].readSeq = 0; service[s].entry = 0
}

inline forgetSession(s) {
  service[s].session = CLOSED; service[s].base = 0;
  service[s].storeRecordEqual = 0; service[s].savedRecordEqual = 0; service[s].renewedSinceBackup = 0;
  forgetClaim(s)
}

inline loseSession(s) {
  if
  :: service[s].busy && service[s].applied && !service[s].isRepeat && disk[s].intent == service[s].entry ->
     service[s].outcome = APPLIED
  :: else
  fi;
  forgetSession(s)
}

inline crash(s) { forgetSession(s); service[s].outcome = UNSETTLED; service[s].settledAtStart = 0 }

inline forgetIntent(s) {
  disk[s].intent = 0; disk[s].intentPrevious = 0; disk[s].intentOwner = 0; disk[s].intentSeq = 0; service[s].outcome = UNSETTLED
}

/* The outcome of the last intent reaches the disk; an applied intent is memory from then on. */
inline settle(s) {
  if
  :: disk[s].intent != 0 && service[s].outcome == APPLIED && disk[s].intentSeq >= disk[s].seq ->
     disk[s].seq = disk[s].intentSeq; disk[s].head = disk[s].intent
  :: else
  fi;
  if
  :: service[s].outcome != UNSETTLED -> forgetIntent(s)
  :: else
  fi
}

inline learnHead(s) {
  if
  :: storeSeq > disk[s].seq ->
     disk[s].seq = storeSeq; disk[s].head = storeHead;
     if
     :: storeOwner != 0 && storeOwner != BURNED && storeUnitEntry == storeHead -> disk[s].owner = storeOwner
     :: else
     fi
  :: else
  fi
}

inline writeEntry(id) { storeSeq++; storeHead = id; storeLine = storeLine | (1 << (id)) }

/* The head is what the intent compares, so its transaction did not apply; and it never will, once this one has. */
inline settleFreePlace(k) {
#ifdef BREAK_WRITTEN_AGAIN
  writeEntry(disk[k].intent);
  if
  :: storeOwner == 0 -> storeOwner = disk[k].intentOwner; storeUnitEntry = storeHead
  :: else
  fi;
  service[k].outcome = APPLIED; settle(k)
#elif defined(BREAK_DROPPED)
  service[k].outcome = VOID; settle(k)
#else
  writeEntry(disk[k].intent);
  if
  :: storeOwner == 0 -> storeOwner = BURNED; storeUnitEntry = storeHead
  :: else
  fi;
  disk[k].seq = storeSeq; disk[k].head = storeHead; forgetIntent(k)
#endif
}

proctype Service(byte k) {
  bit wanted;
end:
  do
  /* A crash may come at any time. A service that is down is one that takes no step, so it needs no state. */
  :: atomic { true -> crash(k) }
  :: atomic { service[k].session == CLOSED ->
       service[k].storeRecordEqual = 1; service[k].savedRecordEqual = 0; service[k].session = COMPARING;
       service[k].renewedSinceBackup = 1;
#ifndef MEMORY_ONLY
       service[k].base = BASE_UNKNOWN
#endif
     }

  /* At start the service looks up its intent on a linearizable read. */
  :: atomic { service[k].session == COMPARING && service[k].storeRecordEqual && !service[k].settledAtStart ->
       if
       :: disk[k].intent == 0 -> service[k].settledAtStart = 1
       :: disk[k].intent != 0 && IN_LINE(disk[k].intent) -> service[k].outcome = APPLIED; settle(k); service[k].settledAtStart = 1
       :: disk[k].intent != 0 && !IN_LINE(disk[k].intent) && storeHead == disk[k].intentPrevious ->
          settleFreePlace(k); service[k].settledAtStart = 1
       /* Another entry has its place: void. */
       :: disk[k].intent != 0 && !IN_LINE(disk[k].intent) && storeHead != disk[k].intentPrevious && storeSeq >= disk[k].intentSeq ->
          service[k].outcome = VOID; settle(k); service[k].settledAtStart = 1
       /* The head is below its place: the store went back, and the service denies. */
       :: disk[k].intent != 0 && !IN_LINE(disk[k].intent) && storeHead != disk[k].intentPrevious && storeSeq < disk[k].intentSeq -> skip
       fi }
  :: atomic { service[k].session == COMPARING && service[k].settledAtStart && service[k].storeRecordEqual && MAY_BE_ASKED(1 - k) &&
       !BEHIND(k) && !BEHIND(1 - k) ->
       service[1 - k].undelivered = 0;
       service[k].session = SERVING; settle(k); learnHead(k) }

  :: atomic { service[k].session != CLOSED && !service[k].storeRecordEqual -> loseSession(k) }
  :: atomic { service[k].session != CLOSED && service[k].storeRecordEqual &&
       (service[k].savedRecordEqual || !service[k].renewedSinceBackup) ->
       service[k].savedRecordEqual = 0; service[k].renewedSinceBackup = 1 }
  :: atomic { !service[k].busy && service[k].outcome != UNSETTLED -> settle(k) }
  :: atomic { service[k].session == SERVING && !service[k].busy && BEHIND(k) -> loseSession(k) }

#ifdef FILLERS
  :: atomic { service[k].session == SERVING && !service[k].busy && !BEHIND(k) && service[k].storeRecordEqual && MAY_WRITE ->
       settle(k); learnHead(k); writeEntry(nextEntry); nextEntry++; disk[k].seq = storeSeq; disk[k].head = storeHead }
#endif
  :: atomic { service[k].session == SERVING && !service[k].busy && !BEHIND(k) ->
       if
       :: wanted = 0
       :: wanted = 1
       fi;
       if
       :: storeOwner == 0 && storeReport && service[k].base == BASE_BELOW_UNIT && OWN_LEDGER_ALLOWS(k, wanted) && MAY_WRITE ->
          service[k].busy = 1; service[k].entry = nextEntry; nextEntry++
       :: storeOwner == wanted + 1 && OWN_LEDGER_ALLOWS(k, wanted) ->
          service[k].busy = 1; service[k].isRepeat = 1; service[k].entry = storeHead; service[k].onDisk = 1
       :: else
       fi;
       if
       :: service[k].busy ->
          learnHead(k);
          service[k].undelivered = 1; service[k].node = wanted; service[k].readHead = storeHead; service[k].readSeq = storeSeq
       :: else
       fi;
       wanted = 0 }
  /* The fsync of the intent, and the transaction: in either order. */
  :: atomic { service[k].busy && !service[k].onDisk ->
       settle(k);
       disk[k].intent = service[k].entry; disk[k].intentPrevious = service[k].readHead; disk[k].intentOwner = service[k].node + 1;
       disk[k].intentSeq = service[k].readSeq + 1; disk[k].owner = service[k].node + 1; service[k].onDisk = 1 }
  :: atomic { service[k].busy && !service[k].applied ->
       if
       :: storeHead == service[k].readHead && service[k].storeRecordEqual ->
          if
          :: !service[k].isRepeat -> writeEntry(service[k].entry); storeOwner = service[k].node + 1; storeUnitEntry = storeHead
          :: else
          fi;
          service[k].applied = 1
       :: !(storeHead == service[k].readHead && service[k].storeRecordEqual) ->
          if
          :: service[k].onDisk && !service[k].isRepeat -> service[k].outcome = VOID
          :: else
          fi;
          if
          :: service[k].storeRecordEqual -> forgetClaim(k)
          :: else -> loseSession(k)
          fi
       fi }
  /* The answer waits for both. */
  :: atomic { service[k].busy && service[k].onDisk && service[k].applied ->
       if
       :: !service[k].isRepeat -> service[k].outcome = APPLIED
       :: else ->
          disk[k].owner = service[k].node + 1;
          if
          :: storeSeq >= disk[k].seq && storeHead == service[k].entry -> disk[k].seq = service[k].readSeq; disk[k].head = service[k].entry
          :: else
          fi
       fi;
       if
       :: service[k].undelivered ->
          grantedTwice = (answered != 0 && answered != service[k].node + 1);
          assert(!grantedTwice);
          answered = service[k].node + 1;
#ifdef MEMORY_ONLY
          service[k].granted = 1
#else
          skip
#endif
       :: true
       fi;
       forgetClaim(k) }
  od
}

inline copyDisk(to, from) {
  to.seq = from.seq; to.head = from.head; to.owner = from.owner; to.intent = from.intent;
  to.intentPrevious = from.intentPrevious; to.intentOwner = from.intentOwner; to.intentSeq = from.intentSeq
}

inline forgetDisk(at) {
  at.seq = 0; at.head = 0; at.owner = 0; at.intent = 0; at.intentPrevious = 0; at.intentOwner = 0; at.intentSeq = 0
}

inline restoreDisk(s) {
  if
  :: diskGoesBack = 0
#ifdef MEMORY_ONLY
  :: !(storeGoesBack && service[s].granted) -> diskGoesBack = 1
#else
  :: diskGoesBack = 1
#endif
  fi;
  if
  :: diskGoesBack -> crash(s); copyDisk(disk[s], savedDisk[s])
  :: else
  fi;
  diskGoesBack = 0; forgetDisk(savedDisk[s]); service[s].renewedSinceBackup = 0; service[s].savedRecordEqual = 0
}

#define RENEWED(s) (service[s].session == CLOSED || service[s].renewedSinceBackup)

proctype World() {
end:
  do
  :: atomic { !chainReached -> chainReached = 1 }
  :: atomic { storeReport != chainReached || service[0].base == BASE_UNKNOWN || service[1].base == BASE_UNKNOWN ->
       storeReport = chainReached;
       if
       :: service[0].base == BASE_UNKNOWN -> service[0].base = chainReached
       :: else
       fi;
       if
       :: service[1].base == BASE_UNKNOWN -> service[1].base = chainReached
       :: else
       fi }
  :: atomic { phase == 0 ->
       phase = 1;
       savedSeq = storeSeq; savedHead = storeHead; savedLine = storeLine; savedOwner = storeOwner;
       savedUnitEntry = storeUnitEntry; savedReport = storeReport;
       copyDisk(savedDisk[0], disk[0]); copyDisk(savedDisk[1], disk[1]);
       service[0].savedRecordEqual = service[0].storeRecordEqual; service[1].savedRecordEqual = service[1].storeRecordEqual;
       service[0].renewedSinceBackup = 0; service[1].renewedSinceBackup = 0 }
  :: atomic { phase == 1 ->
       phase = 2;
       if
       :: storeGoesBack = 0
       :: storeGoesBack = 1
       fi;
       if
       :: storeGoesBack ->
          if
          :: RENEWED(0) && RENEWED(1) ->
             service[0].storeRecordEqual = service[0].savedRecordEqual; service[1].storeRecordEqual = service[1].savedRecordEqual
          :: true -> service[0].storeRecordEqual = 0; service[1].storeRecordEqual = 0
          fi;
          storeSeq = savedSeq; storeHead = savedHead; storeLine = savedLine; storeOwner = savedOwner;
          storeUnitEntry = savedUnitEntry; storeReport = savedReport
       :: else
       fi;
       restoreDisk(0); restoreDisk(1);
       storeGoesBack = 0;
       savedSeq = 0; savedHead = 0; savedLine = 0; savedOwner = 0; savedUnitEntry = 0; savedReport = 0 }
  od
}

init {
  atomic {
    service[0].settledAtStart = 1; service[1].settledAtStart = 1;
    run Service(0); run Service(1); run World()
  }
}
