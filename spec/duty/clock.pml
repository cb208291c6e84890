/*
 * Slots by the clock of one service whose whole machine is rolled back (docs/duty/explanation/protocol.md, section 4, rule 2):
 * no memory is left at all, so only the base and the clock stand between a lost grant and a second one.
 *
 * Slots follow a true clock. There is one service and one key; a grant is one step, and every granted slot is answered.
 * Backup at any time, restore at any later time; the machine then opens a new session.
 *
 * The second clock (docs/decisions/0086-second-clock.md): blocks arrive at an observer, on a chain that may stand still. While
 * one counts, no slot of the future is granted, however far the clock is ahead, and a right clock is denied no due slot.
 *
 *   -DSLOTS=7                 slots of the true clock
 *   -DBEHIND_BY=0             slots that the clock of the machine is behind after the restore
 *   -DAHEAD_BY=0              slots by which the clock of the machine may be ahead, at any time but the one below
 *   -DWITNESS                 a slot is granted by a clock that is ahead, while an arrival counts: must be found
 *   -DBREAK_NO_BASE           the lower bound alone
 *   -DBREAK_NO_LOWER_BOUND    the base alone; this still holds
 *   -DBREAK_IGNORES_STEPS     a corrected clock does not end the session
 *   -DBREAK_NO_SECOND_CLOCK   the clock of the machine alone
 *   -DBREAK_FORGOTTEN         the arrivals end with the session
 *   -DBREAK_OWN_BLOCKS        the claimant's own blocks count, made by a clock that is as wrong
 *   -DBREAK_REPEATED          the best block counts with each report, not only when it arrives
 *   -DBREAK_NEVER_CORRECTED   (an assumption) the clock runs on from where it was after the restore
 *   -DBREAK_LOST_WHILE_AHEAD  (an assumption) the clock is ahead between backup and restore
 */

#ifndef SLOTS
#define SLOTS 7
#endif
#ifndef BEHIND_BY
#define BEHIND_BY 0
#endif
#ifndef AHEAD_BY
#define AHEAD_BY 0
#endif
/* The allowed skew, in slots, and the lower bound: two slots and the skew. */
#define SKEW 1
#define LOWEST_BACK (2 + SKEW)

/* The true slot starts above BEHIND_BY, so that the clock of the machine is never below zero. */
byte trueSlot = 1 + BEHIND_BY, behind, ahead;
#define CLOCK (trueSlot + ahead - behind)

/* Slots above those that passed since an arrival, and the slots for which it counts. */
#define STEP 2
#define LIFE 2
/* The last arrival: its slot, and when the service noted it, by the monotonic clock. 0: none since the service started. */
byte arrived, arrivedAt;
/* When the observer reported last, whatever the service made of it. */
byte heardAt;
#define COUNTS(at) ((at) > 0 && trueSlot - (at) <= LIFE)
#ifdef BREAK_NO_SECOND_CLOCK
#define BELOW_ARRIVALS(slot) true
#else
#define BELOW_ARRIVALS(slot) (!COUNTS(arrivedAt) || (slot) <= arrived + (trueSlot - arrivedAt) + STEP)
#endif

/* The mark: its highest slot, for W is 1. The store and its backup. */
byte highest, savedHighest;
byte base;
/* The slots that were answered "granted", as bits. */
short answered;
bit grantedTwice, futureGranted, deniedForGood, witnessed;
/* 0: before the backup, 1: between backup and restore, 2: after the restore. */
byte phase;
/* A scratch variable. */
byte slot;

#ifdef BREAK_NO_LOWER_BOUND
#define ABOVE_LOWEST(slot) true
#else
#define ABOVE_LOWEST(slot) ((slot) + LOWEST_BACK >= CLOCK)
#endif
#ifdef BREAK_NO_BASE
#define ABOVE_BASE(slot) true
#else
#define ABOVE_BASE(slot) ((slot) > base)
#endif

/* A clock that is behind is corrected before its next slot, for example by NTP when the machine starts. */
#ifdef BREAK_NEVER_CORRECTED
#define MAY_TICK true
#else
#define MAY_TICK (behind == 0)
#endif

/* The assumption: no grant that the restore loses was made by a clock that was ahead. */
#ifdef BREAK_LOST_WHILE_AHEAD
#define MAY_LEAD true
#define MAY_BACK_UP true
#else
#define MAY_LEAD (phase != 1)
#define MAY_BACK_UP (ahead == 0)
#endif

/* The wall clock moved against the monotonic one: the next session takes a base by the new clock. */
inline openSession() {
  base = CLOCK + SKEW;
#ifdef BREAK_FORGOTTEN
  arrived = 0; arrivedAt = 0
#endif
}

active proctype Machine() {
end:
  do
  :: atomic { trueSlot < SLOTS + BEHIND_BY && MAY_TICK ->
       trueSlot++;
       if
       :: !COUNTS(arrivedAt) -> arrived = 0; arrivedAt = 0
       :: else
       fi;
       if
       :: !COUNTS(heardAt) -> heardAt = 0
       :: else
       fi }
  :: atomic {
       deniedForGood = (CLOCK == trueSlot && !BELOW_ARRIVALS(trueSlot));
       assert(!deniedForGood);
       select (slot : 1 .. SLOTS + BEHIND_BY + AHEAD_BY + SKEW);
       if
       :: slot > highest && slot <= CLOCK + SKEW && BELOW_ARRIVALS(slot) && ABOVE_LOWEST(slot) && ABOVE_BASE(slot) ->
          highest = slot;
#ifdef WITNESS
          witnessed = (ahead > 0 && COUNTS(heardAt));
          assert(!witnessed);
#endif
          futureGranted = (COUNTS(heardAt) && slot > trueSlot + STEP);
          assert(!futureGranted);
          grantedTwice = ((answered >> slot) & 1);
          assert(!grantedTwice);
          answered = answered | (1 << slot)
       :: else
       fi;
       slot = 0 }
  /* A block arrives at an observer that is not the claimant, at most STEP slots late. */
  :: atomic {
       arrivedAt = trueSlot; heardAt = trueSlot;
       if
       :: arrived = trueSlot
       :: trueSlot > STEP -> arrived = trueSlot - STEP
       fi }
#ifdef BREAK_OWN_BLOCKS
  :: atomic { ahead > 0 -> arrived = CLOCK; arrivedAt = trueSlot }
#endif
#ifdef BREAK_REPEATED
  :: atomic { arrivedAt > 0 -> arrivedAt = trueSlot }
#endif
  :: atomic { phase == 0 && MAY_BACK_UP -> phase = 1; savedHighest = highest }
  :: atomic { phase == 1 ->
       phase = 2; highest = savedHighest; ahead = 0; behind = BEHIND_BY; arrived = 0; arrivedAt = 0; heardAt = 0;
       base = CLOCK + SKEW }
  /* The clock drifts ahead, or it is set. */
  :: atomic { AHEAD_BY > 0 && ahead + behind == 0 && MAY_LEAD ->
       ahead = AHEAD_BY;
       if
       :: openSession()
       :: skip
       fi }
#ifndef BREAK_NEVER_CORRECTED
  :: atomic { ahead + behind > 0 ->
       ahead = 0; behind = 0;
#ifdef BREAK_IGNORES_STEPS
       skip
#else
       openSession()
#endif
     }
#endif
  od
}
