/*
 * Slots by the clock of one service whose whole machine is rolled back (docs/duty/explanation/protocol.md, section 4, rule 2):
 * no memory is left at all, so only the base and the clock stand between a lost grant and a second one.
 *
 * Slots follow a true clock. There is one service and one key; a grant is one step, and every granted slot is answered.
 * Backup at any time, restore at any later time; the machine then opens a new session.
 *
 *   -DSLOTS=7                 slots of the true clock
 *   -DBEHIND_BY=0             slots that the clock of the machine is behind after the restore
 *   -DBREAK_NO_BASE           the lower bound alone
 *   -DBREAK_NO_LOWER_BOUND    the base alone; this still holds
 *   -DBREAK_IGNORES_STEPS     a corrected clock does not end the session
 *   -DBREAK_NEVER_CORRECTED   (an assumption) the clock runs on from where it was after the restore
 */

#ifndef SLOTS
#define SLOTS 7
#endif
#ifndef BEHIND_BY
#define BEHIND_BY 0
#endif
/* The allowed skew, in slots, and the lower bound: two slots and the skew. */
#define SKEW 1
#define LOWEST_BACK (2 + SKEW)

/* The true slot starts above BEHIND_BY, so that the clock of the machine is never below zero. */
byte trueSlot = 1 + BEHIND_BY, behind;
#define CLOCK (trueSlot - behind)

/* The mark: its highest slot, for W is 1. The store and its backup. */
byte highest, savedHighest;
byte base;
/* The slots that were answered "granted", as bits. */
short answered;
bit grantedTwice;
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

active proctype Machine() {
end:
  do
  :: atomic { trueSlot < SLOTS + BEHIND_BY && MAY_TICK -> trueSlot++ }
  :: atomic {
       select (slot : 1 .. SLOTS + BEHIND_BY + SKEW);
       if
       :: slot > highest && slot <= CLOCK + SKEW && ABOVE_LOWEST(slot) && ABOVE_BASE(slot) ->
          highest = slot;
          grantedTwice = ((answered >> slot) & 1);
          assert(!grantedTwice);
          answered = answered | (1 << slot)
       :: else
       fi;
       slot = 0 }
  :: atomic { phase == 0 -> phase = 1; savedHighest = highest }
  :: atomic { phase == 1 -> phase = 2; highest = savedHighest; behind = BEHIND_BY; base = CLOCK + SKEW }
#ifndef BREAK_NEVER_CORRECTED
  /* The wall clock moved against the monotonic one: the session ends, and the next one takes a base by the new clock. */
  :: atomic { behind > 0 ->
       behind = 0;
#ifdef BREAK_IGNORES_STEPS
       skip
#else
       base = CLOCK + SKEW
#endif
     }
#endif
  od
}
