/*
 * Rounds by the reports of two observers (docs/duty/explanation/protocol.md, section 4, rule 2): which reports make the ceiling,
 * and which make the base, when one observer is far behind the other.
 *
 * One service on one machine, which is rolled back as a whole: no memory is left. The network finalizes rounds 1..ROUNDS.
 * Each observer reports what it has seen, never less than before. A new round is granted up to STEP above the highest
 * report that counts, and above the base.
 *
 *   -DROUNDS=5
 *   -DEVERY_OBSERVER            a stricter rule, not in force: no new round before each observer has reported; needs no assumption
 *   -DWITNESS                   a round above the base is granted after the restore: must be found
 *   -DBREAK_NO_BASE
 *   -DBREAK_FIRST_REPORT_ONLY   the first report of any observer fixes the base for all of them
 *   -DBREAK_STORED_REPORTS      reports from before the opening count, for the ceiling and for the base
 *   -DBREAK_LATER_REPORTS_RAISE each report raises the base, so no new round is ever granted (the witness is not found)
 *   -DBREAK_ONLY_LAGGING        (an assumption) only an observer that was far behind has reported
 */

#ifndef ROUNDS
#define ROUNDS 4
#endif
#define STEP 1
#define OBSERVERS 2

byte network = 1;
/* What each observer reported last, ever; it never falls. */
byte seen[OBSERVERS];
/* The same in the store, and in its backup. Whether a report came after the opening of the session. */
byte stored[OBSERVERS], saved[OBSERVERS];
bit isFresh[OBSERVERS];
/* By observer: the first report after the opening. */
byte first[OBSERVERS];
/* The first session created the ledger, so it has no base. The one after the restore has one. */
bit hasBase;
byte highest, savedHighest;
short answered;
bit grantedTwice, witnessed;
/* The highest report by which anything was granted before the restore. */
byte grantedBy;
/* 0: before the backup, 1: between backup and restore, 2: after the restore. */
byte phase;
/* Scratch variables. */
byte i, round;

#define HIGHER(a, b) ((a) > (b) -> (a) : (b))
#define COUNTED(i) (isFresh[i] -> stored[i] : 0)
#ifdef BREAK_STORED_REPORTS
#define CEILING (HIGHER(stored[0], stored[1]) + STEP)
#define KNOWN true
#else
#define CEILING (HIGHER(COUNTED(0), COUNTED(1)) + STEP)
#ifdef EVERY_OBSERVER
#define KNOWN (isFresh[0] && isFresh[1])
#else
#define KNOWN (isFresh[0] || isFresh[1])
#endif
#endif
#ifdef BREAK_FIRST_REPORT_ONLY
byte fixed;
#define BASE (fixed + STEP)
#elif defined(BREAK_LATER_REPORTS_RAISE)
#define BASE CEILING
#else
#define BASE (HIGHER(first[0], first[1]) + STEP)
#endif
#ifdef BREAK_NO_BASE
#define ABOVE_BASE(r) true
#else
#define ABOVE_BASE(r) (!hasBase || (r) > BASE)
#endif
/* The assumption: before anything is granted after a restore, an observer has reported that is not behind what was granted by. */
#if defined(BREAK_ONLY_LAGGING) || defined(EVERY_OBSERVER) || defined(BREAK_STORED_REPORTS)
#define ASSUMED true
#else
#define ASSUMED (!hasBase || HIGHER(first[0], first[1]) >= grantedBy)
#endif

inline report() {
  stored[i] = seen[i];
#ifdef BREAK_FIRST_REPORT_ONLY
  if
  :: hasBase && !isFresh[0] && !isFresh[1] -> fixed = seen[i]
  :: else
  fi;
#endif
#ifndef BREAK_STORED_REPORTS
  if
  :: !isFresh[i] -> first[i] = seen[i]
  :: else
  fi;
#endif
  isFresh[i] = 1
}

active proctype Everything() {
  atomic { isFresh[0] = 1; isFresh[1] = 1 };
end:
  do
  :: atomic { network < ROUNDS -> network++ }
  :: atomic {
       select (i : 0 .. OBSERVERS - 1);
       if
       :: seen[i] < network -> select (round : 1 .. ROUNDS);
          if
          :: round > seen[i] && round <= network -> seen[i] = round
          :: else
          fi
       :: else
       fi;
       report();
       i = 0; round = 0 }
  :: atomic {
       select (round : 1 .. ROUNDS + STEP);
       if
       :: round > highest && KNOWN && round <= CEILING && ABOVE_BASE(round) && ASSUMED ->
          highest = round;
          if
          :: !hasBase -> grantedBy = HIGHER(grantedBy, CEILING - STEP)
          :: else
          fi;
#ifdef WITNESS
          witnessed = (phase == 2);
          assert(!witnessed);
#endif
          grantedTwice = ((answered >> round) & 1);
          assert(!grantedTwice);
          answered = answered | (1 << round)
       :: else
       fi;
       round = 0 }
  :: atomic { phase == 0 ->
       phase = 1; savedHighest = highest; saved[0] = stored[0]; saved[1] = stored[1] }
  :: atomic { phase == 1 ->
       phase = 2; highest = savedHighest; stored[0] = saved[0]; stored[1] = saved[1]; saved[0] = 0; saved[1] = 0;
       isFresh[0] = 0; isFresh[1] = 0; hasBase = 1;
#ifdef BREAK_STORED_REPORTS
       first[0] = stored[0]; first[1] = stored[1];
#endif
       savedHighest = 0 }
  od
}
