/*
 * Sessions, their counter, and the base (docs/duty/explanation/protocol.md, sections 2, 4 and 6): after a restore no unit is
 * granted twice, even if no memory is left. README.md says what is left out and what each switch does.
 *
 * One mark and one contested unit, which two nodes want for different digests. Every other grant of the mark is a
 * "filler": it only moves the line of entries. One backup of everything at one moment, one restore of any part of it. A peer is the other service.
 *
 *   -DSERVICES=2      services of the ledger, 2 or 3
 *   -DENTRIES=2       ledger entries that can be written; with -DNO_FILLERS all of them are for the contested unit
 *   -DAMBIGUOUS=0     services whose commits may get no answer and apply later: bit 0 is service 0, bit 1 is service 1
 *   -DQUIET=0         services that get no claims, as bits; they compare, answer peers, crash and are restored as all others
 *   -DPEER_BASE       a service that compared memories with a serving peer takes the base of that peer
 *   -DMEMORY_ONLY     no base; a restore leaves the store or the disk of a service that granted the unit
 *   -DSTORE_ONLY      only the store is restored, and its session records with it
 *   -DOWN_LEDGER_ONLY asserts only that no service contradicts its own ledger
 *   -DBREAK_NO_COUNTER           a renewal does not change the session record
 *   -DBREAK_NO_BASE              a session has no base
 *   -DBREAK_STALE_REPORT         a report from before the opening makes the base
 *   -DBREAK_ANY_PEER             the base of a peer whose session may be broken counts
 *   -DBREAK_NO_CANCEL            a service that is asked for its memory keeps its undelivered work
 *   -DBREAK_NO_OWN_LEDGER        rule 2b is missing
 *   -DBREAK_OWN_LEDGER_NEW_ONLY  rule 2b holds for new grants, and not for repeats
 *   -DBREAK_REPEAT_UNCHECKED     a repeat is answered without a transaction
 *   -DBREAK_NUMBERS              memory and store are compared by sequence number, and not by lineage
 *   -DBREAK_NOT_RENEWED          (an assumption) a restore may go back to after the last renewal
 *   -DBREAK_OBSERVER_GOES_BACK   (an assumption) the observers go back together with the rest
 *   -DBREAK_LATE_COMMIT          (an assumption) a commit from before the restore applies after it
 */

#ifndef SERVICES
#define SERVICES 2
#endif
#ifndef ENTRIES
#define ENTRIES 2
#endif
#ifndef QUIET
#define QUIET 0
#endif
#ifndef AMBIGUOUS
#define AMBIGUOUS 0
#endif

/* Entries have ids from 1, as their hashes are unique; 0 is the empty mark. A line is a set of ids. */
#define IN_LINE(id) ((storeLine >> (id)) & 1)
#define MAY_WRITE (nextEntry <= ENTRIES)

/* Where a session stands. A service that lost its session begins again at CLOSED. */
#define CLOSED 0
#define COMPARING 1
#define SERVING 2

/* The base, seen from the contested unit: below it or not, and unknown until a report came after the opening. */
#define BASE_BELOW_UNIT 0
#define BASE_COVERS_UNIT 1
#define BASE_UNKNOWN 2

/* The store. The owner of the unit is a node + 1. */
byte storeSeq, storeHead, storeLine = 1, storeOwner, storeUnitEntry;
/* The last report of an observer in the store, and the truth: has the chain come so far that the unit may be granted? */
bit storeReport, chainReached;
byte nextEntry = 1;

/* The backup of the store. */
byte savedSeq, savedHead, savedLine, savedOwner, savedUnitEntry;
bit savedReport;

typedef ServiceState {
  byte session;
  byte base;
  /* Peers whose memory was compared in this session, as bits. */
  byte compared;
  /* Session records are kept as equalities: is the record in the store, and the one in the backup, the one in memory?
   * Renewing makes the store's equal and the backup's different. */
  bit storeRecordEqual, savedRecordEqual, renewedSinceBackup;
  /* The disk: the highest entry, and the owner that the own ledger has for the contested unit. Then the same in the backup. */
  byte diskSeq, diskHead, diskOwner;
  byte savedDiskSeq, savedDiskHead, savedDiskOwner;
  /* The claim in hand: 0 none, 1 decided, 2 applied. */
  byte step;
  bit node, isRepeat, undelivered;
  byte readHead, entry, entrySeq;
  /* A commit that got no answer: it may still apply, if the head and the session record are what it compares. */
  bit inFlight, flightNode, flightRecordEqual, flightSavedEqual;
  byte flightHead;
  /* For -DMEMORY_ONLY: it granted the contested unit and its node was answered. */
  bit granted
};
ServiceState service[SERVICES];

/* Who was answered "granted" for the unit, as node + 1; 0 nobody yet. This is never restored: it is the truth. */
byte answered;
bit grantedTwice, contradictsOwnLedger;
/* 0: before the backup, 1: between backup and restore, 2: after. */
byte phase;
/* Scratch variables. Each step sets them back to 0, so that they make no states. */
bit storeGoesBack, diskGoesBack;
byte each;

/* Does what the service remembers contradict the store? */
#ifdef BREAK_NUMBERS
/* By sequence number, as in format 1: only the same number and the next one can show a difference. */
#define BEHIND(s) (storeSeq < service[s].diskSeq || (storeSeq == service[s].diskSeq && storeHead != service[s].diskHead) || \
  (storeSeq == service[s].diskSeq + 1 && !IN_LINE(service[s].diskHead)))
#else
#define BEHIND(s) (!IN_LINE(service[s].diskHead))
#endif

/* Rule 2b: never against the own ledger, a repeat included. */
#ifdef BREAK_NO_OWN_LEDGER
#define OWN_LEDGER_ALLOWS(s, n, forRepeat) true
#else
#ifdef BREAK_OWN_LEDGER_NEW_ONLY
#define OWN_LEDGER_ALLOWS(s, n, forRepeat) (forRepeat || service[s].diskOwner == 0 || service[s].diskOwner == n + 1)
#else
#define OWN_LEDGER_ALLOWS(s, n, forRepeat) (service[s].diskOwner == 0 || service[s].diskOwner == n + 1)
#endif
#endif

#define ALL_PEERS(k) (((1 << SERVICES) - 1) - (1 << (k)))

inline forgetClaim(s) {
  service[s].step = 0; service[s].node = 0; service[s].isRepeat = 0; service[s].undelivered = 0;
  service[s].readHead = 0; service[s].entry = 0; service[s].entrySeq = 0
}

/* The session ends, and undelivered work with it. */
inline loseSession(s) {
  service[s].session = CLOSED; service[s].base = 0; service[s].compared = 0;
  service[s].storeRecordEqual = 0; service[s].savedRecordEqual = 0; service[s].renewedSinceBackup = 0;
  forgetClaim(s)
}

inline forgetFlight(s) {
  service[s].inFlight = 0; service[s].flightNode = 0; service[s].flightHead = 0;
  service[s].flightRecordEqual = 0; service[s].flightSavedEqual = 0
}

/* A service that reads a mark whose last entry it does not have appends that entry first. */
inline learnHead(s) {
  if
  :: storeSeq > service[s].diskSeq ->
     service[s].diskSeq = storeSeq; service[s].diskHead = storeHead;
     if
     :: storeOwner != 0 && storeUnitEntry == storeHead -> service[s].diskOwner = storeOwner
     :: else
     fi
  :: else
  fi
}

inline writeEntry(forUnit, owner) {
  storeSeq++; storeHead = nextEntry; storeLine = storeLine | (1 << nextEntry);
  if
  :: forUnit -> storeOwner = owner; storeUnitEntry = nextEntry
  :: else
  fi;
  nextEntry++
}

inline openSession(k) {
  service[k].storeRecordEqual = 1; service[k].savedRecordEqual = 0; service[k].flightRecordEqual = 0;
  service[k].session = COMPARING; service[k].renewedSinceBackup = 1;
#ifdef MEMORY_ONLY
  skip
#elif defined(BREAK_NO_BASE)
  skip
#elif defined(BREAK_STALE_REPORT)
  service[k].base = storeReport
#else
  service[k].base = BASE_UNKNOWN
#endif
}

/* Compares memories with one peer on a linearizable read. The peer drops its own work that it has not answered. */
inline compareWith(k, p) {
  service[k].compared = service[k].compared | (1 << (p));
#ifndef BREAK_NO_CANCEL
  forgetClaim(p);
#endif
#ifdef PEER_BASE
  if
#ifdef BREAK_ANY_PEER
  :: service[p].session != CLOSED && service[p].base != BASE_UNKNOWN -> service[k].base = service[p].base
#else
  :: service[p].session == SERVING && service[p].storeRecordEqual && service[p].base != BASE_UNKNOWN ->
     service[k].base = service[p].base
#endif
  :: else
  fi
#else
  skip
#endif
}

proctype Service(byte k) {
  bit wanted;
end:
  do
  /* A crash may come at any time. A service that is down is one that takes no step, so it needs no state. */
  :: atomic { service[k].session != CLOSED -> loseSession(k) }
  :: atomic { service[k].session == CLOSED -> openSession(k) }

  /* Compares with the peers one by one; a restore or a grant may come between two of them. */
  :: atomic { service[k].session == COMPARING && service[k].storeRecordEqual && !BEHIND(k) &&
       !((service[k].compared >> ((k + 1) % SERVICES)) & 1) && !BEHIND((k + 1) % SERVICES) ->
       compareWith(k, (k + 1) % SERVICES) }
#if SERVICES > 2
  :: atomic { service[k].session == COMPARING && service[k].storeRecordEqual && !BEHIND(k) &&
       !((service[k].compared >> ((k + 2) % SERVICES)) & 1) && !BEHIND((k + 2) % SERVICES) ->
       compareWith(k, (k + 2) % SERVICES) }
#endif
  :: atomic { service[k].session == COMPARING && service[k].compared == ALL_PEERS(k) && service[k].storeRecordEqual && !BEHIND(k) ->
       service[k].session = SERVING; service[k].compared = 0; learnHead(k) }

  /* Renewal: the record is compared and, with a counter, changed. */
  :: atomic { service[k].session != CLOSED && !service[k].storeRecordEqual -> loseSession(k) }
#ifdef BREAK_NO_COUNTER
  :: atomic { service[k].session != CLOSED && service[k].storeRecordEqual && !service[k].renewedSinceBackup ->
       service[k].renewedSinceBackup = 1 }
#else
  :: atomic { service[k].session != CLOSED && service[k].storeRecordEqual &&
       (service[k].savedRecordEqual || service[k].flightRecordEqual || !service[k].renewedSinceBackup) ->
       service[k].savedRecordEqual = 0; service[k].flightRecordEqual = 0; service[k].renewedSinceBackup = 1 }
#endif

  /* A claim: read and decide, then one transaction, then append and answer. A crash may come between any two. */
  :: atomic { service[k].session == SERVING && service[k].step == 0 && BEHIND(k) -> loseSession(k) }
#ifndef NO_FILLERS
  :: atomic { service[k].session == SERVING && service[k].step == 0 && !BEHIND(k) && service[k].storeRecordEqual && MAY_WRITE ->
       learnHead(k); writeEntry(0, 0); service[k].diskSeq = storeSeq; service[k].diskHead = storeHead }
#endif
  :: atomic { service[k].session == SERVING && service[k].step == 0 && !BEHIND(k) && !((QUIET >> k) & 1) ->
       if
       :: wanted = 0
       :: wanted = 1
       fi;
       if
       :: storeOwner == 0 && storeReport && service[k].base == BASE_BELOW_UNIT && OWN_LEDGER_ALLOWS(k, wanted, 0) && MAY_WRITE ->
          service[k].step = 1
       :: storeOwner == wanted + 1 && OWN_LEDGER_ALLOWS(k, wanted, 1) -> service[k].step = 1; service[k].isRepeat = 1
       :: else
       fi;
       if
       :: service[k].step == 1 ->
          learnHead(k);
          service[k].undelivered = 1; service[k].node = wanted;
          service[k].readHead = storeHead; service[k].entry = storeHead; service[k].entrySeq = storeSeq
       :: else
       fi;
       wanted = 0 }
  :: atomic { service[k].step == 1 ->
       if
#ifdef BREAK_REPEAT_UNCHECKED
       :: service[k].isRepeat -> service[k].step = 2
#endif
       :: storeHead == service[k].readHead && service[k].storeRecordEqual && service[k].isRepeat -> service[k].step = 2
       :: storeHead == service[k].readHead && service[k].storeRecordEqual && !service[k].isRepeat && MAY_WRITE ->
          writeEntry(1, service[k].node + 1);
          service[k].entry = storeHead; service[k].entrySeq = storeSeq; service[k].step = 2
#if AMBIGUOUS != 0
       :: ((AMBIGUOUS >> k) & 1) && !service[k].isRepeat && !service[k].inFlight ->
          service[k].inFlight = 1; service[k].flightNode = service[k].node; service[k].flightHead = service[k].readHead;
          service[k].flightRecordEqual = service[k].storeRecordEqual; service[k].flightSavedEqual = service[k].savedRecordEqual;
          forgetClaim(k)
#endif
       :: storeHead != service[k].readHead && service[k].storeRecordEqual -> forgetClaim(k)
       :: !service[k].storeRecordEqual -> loseSession(k)
       :: storeHead == service[k].readHead && service[k].storeRecordEqual && !service[k].isRepeat && !MAY_WRITE -> forgetClaim(k)
       fi }
#if AMBIGUOUS != 0
  :: atomic { service[k].inFlight ->
       if
       :: storeHead == service[k].flightHead && service[k].flightRecordEqual && MAY_WRITE -> writeEntry(1, service[k].flightNode + 1)
       :: else
       fi;
       forgetFlight(k) }
#endif
  :: atomic { service[k].step == 2 ->
       if
       :: service[k].entrySeq >= service[k].diskSeq -> service[k].diskSeq = service[k].entrySeq; service[k].diskHead = service[k].entry
       :: else
       fi;
#ifdef OWN_LEDGER_ONLY
       contradictsOwnLedger = (service[k].diskOwner != 0 && service[k].diskOwner != service[k].node + 1);
       assert(!contradictsOwnLedger);
#endif
       service[k].diskOwner = service[k].node + 1;
       if
       :: service[k].undelivered ->
#ifndef OWN_LEDGER_ONLY
          grantedTwice = (answered != 0 && answered != service[k].node + 1);
          assert(!grantedTwice);
#endif
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

inline saveService(s) {
  service[s].savedRecordEqual = service[s].storeRecordEqual; service[s].flightSavedEqual = service[s].flightRecordEqual;
  service[s].savedDiskSeq = service[s].diskSeq; service[s].savedDiskHead = service[s].diskHead;
  service[s].savedDiskOwner = service[s].diskOwner; service[s].renewedSinceBackup = 0
}

inline forgetSaved(s) {
  service[s].savedRecordEqual = 0; service[s].flightSavedEqual = 0; service[s].renewedSinceBackup = 0;
  service[s].savedDiskSeq = 0; service[s].savedDiskHead = 0; service[s].savedDiskOwner = 0
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
  :: diskGoesBack ->
     loseSession(s);
     service[s].diskSeq = service[s].savedDiskSeq; service[s].diskHead = service[s].savedDiskHead;
     service[s].diskOwner = service[s].savedDiskOwner
  :: else
  fi;
  diskGoesBack = 0
}

/* A session survives a restore only if the record of the backup is the one in memory. The assumption: a restore goes
 * back behind the last renewal of each running service. */
#define RENEWED(s) (service[s].session == CLOSED || service[s].renewedSinceBackup)
#ifdef BREAK_NOT_RENEWED
#define ALL_RENEWED true
#elif SERVICES > 2
#define ALL_RENEWED (RENEWED(0) && RENEWED(1) && RENEWED(2))
#else
#define ALL_RENEWED (RENEWED(0) && RENEWED(1))
#endif

inline restoreStore() {
  storeSeq = savedSeq; storeHead = savedHead; storeLine = savedLine;
  storeOwner = savedOwner; storeUnitEntry = savedUnitEntry; storeReport = savedReport;
  if
  :: ALL_RENEWED ->
     for (each : 0 .. SERVICES - 1) {
       service[each].storeRecordEqual = service[each].savedRecordEqual;
       service[each].flightRecordEqual = service[each].flightSavedEqual
     }
  /* The session records of the backup are older than every session of now. */
  :: true ->
     for (each : 0 .. SERVICES - 1) { service[each].storeRecordEqual = 0; service[each].flightRecordEqual = 0 }
  fi;
  each = 0
}

#if SERVICES > 2
#define ANY_BASE_UNKNOWN (service[0].base == BASE_UNKNOWN || service[1].base == BASE_UNKNOWN || service[2].base == BASE_UNKNOWN)
#else
#define ANY_BASE_UNKNOWN (service[0].base == BASE_UNKNOWN || service[1].base == BASE_UNKNOWN)
#endif

proctype World() {
end:
  do
  :: atomic { !chainReached -> chainReached = 1 }
#ifdef BREAK_OBSERVER_GOES_BACK
  :: atomic { chainReached && phase == 2 -> chainReached = 0 }
#endif
  /* An observer reports. The first report after an opening fixes the base of that session. */
  :: atomic { storeReport != chainReached || ANY_BASE_UNKNOWN ->
       storeReport = chainReached;
       for (each : 0 .. SERVICES - 1) {
         if
         :: service[each].base == BASE_UNKNOWN -> service[each].base = chainReached
         :: else
         fi
       }
       each = 0 }
  :: atomic { phase == 0 ->
       phase = 1;
       savedSeq = storeSeq; savedHead = storeHead; savedLine = storeLine;
       savedOwner = storeOwner; savedUnitEntry = storeUnitEntry; savedReport = storeReport;
       for (each : 0 .. SERVICES - 1) { saveService(each) }
       each = 0 }
  :: atomic { phase == 1 ->
       phase = 2;
#ifndef BREAK_LATE_COMMIT
       /* The assumption: a request that was sent before the restore never reaches the store after it. */
       for (each : 0 .. SERVICES - 1) { service[each].flightSavedEqual = 0 }
       each = 0;
#endif
       if
       :: storeGoesBack = 0
       :: storeGoesBack = 1
       fi;
       if
       :: storeGoesBack -> restoreStore()
       :: else
       fi;
#ifndef STORE_ONLY
       for (each : 0 .. SERVICES - 1) { restoreDisk(each) }
#endif
       storeGoesBack = 0;
       savedSeq = 0; savedHead = 0; savedLine = 0; savedOwner = 0; savedUnitEntry = 0; savedReport = 0;
       for (each : 0 .. SERVICES - 1) { forgetSaved(each) }
       each = 0 }
  od
}

init {
  atomic {
    run Service(0); run Service(1);
#if SERVICES > 2
    run Service(2);
#endif
    run World()
  }
}
