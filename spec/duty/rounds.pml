/*
 * What the bounds of rule 2 cost a voter (docs/duty/explanation/protocol.md, section 4): they must not deny a vote of a round
 * that was entered, because a voter whose vote is refused stops; and a policy with `return: trust` must not deny a needed key
 * for good. The other models check that the bounds deny enough. This one checks that they do not deny too much.
 *
 * The network finalizes rounds 1..ROUNDS. The voter follows it, at most LAG behind; it enters each round and votes in it
 * then or later, while the network goes on. An observer reports what it has seen. One service, which may start again.
 *
 *   -DNEEDED                  no round is finalized without this vote, as with three equal authorities or fewer
 *   -DRESTARTS=0              starts of the service
 *   -DTRUST                   the policy says `return: trust`
 *   -DBREAK_BOUND_ON_PARTS    the bounds apply to parts too
 *   -DBREAK_TRUST_NEEDS_REPORT  `return: trust` waives the base, but not the fresh report
 */

#define ROUNDS 6
#define LAG 2
/* `roundsBack` and `roundStep` of the policy, small. */
#define BACK 2
#define STEP 1
#ifndef RESTARTS
#define RESTARTS 0
#endif

byte network = 1, seen = 1, started, restarts;
/* The base of the session; 0: it has none. Whether a report came since it was opened. */
byte base;
bit isFresh = 1;
/* Rounds that the voter entered, and voted in, as bits. */
byte entered, voted;
bit voterStops, deniedForGood;
/* A scratch variable. */
byte round;

#define LOWEST (seen > BACK -> seen - BACK : 0)
#ifdef TRUST
#ifdef BREAK_TRUST_NEEDS_REPORT
#define DENIED(r) ((r) < LOWEST || !isFresh)
#else
#define DENIED(r) ((r) < LOWEST)
#endif
#else
#define DENIED(r) ((r) < LOWEST || (r) <= base || !isFresh)
#endif
/* A part of an entered unit is in the mark, so no bound applies. */
#ifdef BREAK_BOUND_ON_PARTS
#define PART_DENIED(r) DENIED(r)
#else
#define PART_DENIED(r) false
#endif
#ifdef NEEDED
#define FINALIZES (voted >> network) & 1
#else
#define FINALIZES true
#endif
#define WAITS_FOR_VOTE(r) (((entered & ~voted) >> (r)) & 1)

active proctype Everything() {
end:
  do
  :: atomic { network < ROUNDS && FINALIZES -> network++ }
  /* A report. The first one after the opening fixes the base. */
  :: atomic { seen < network || !isFresh ->
       if
       :: seen < network -> seen++
       :: else
       fi;
       if
       :: !isFresh -> isFresh = 1; base = seen + STEP
       :: else
       fi }
  /* The voter starts the next round; one that is too far behind catches up. */
  :: atomic { started < network ->
       round = started + 1;
       if
       :: round + LAG < network -> round = network - LAG
       :: else
       fi;
       if
       :: !DENIED(round) -> entered = entered | (1 << round)
       :: else /* it abstains for the round */
       fi;
       started = round; round = 0 }
  :: atomic { (entered & ~voted) != 0 ->
       round = 1;
       do
       :: round < ROUNDS -> round++
       :: WAITS_FOR_VOTE(round) -> break
       :: round == ROUNDS -> break
       od;
       if
       :: WAITS_FOR_VOTE(round) && round + LAG >= started ->
          voterStops = PART_DENIED(round);
          assert(!voterStops);
          voted = voted | (1 << round)
       :: else
       fi;
       round = 0 }
  :: atomic { restarts < RESTARTS -> restarts++; base = 0; isFresh = 0 }
  :: atomic { timeout -> deniedForGood = (network < ROUNDS); assert(!deniedForGood); break }
  od
}
