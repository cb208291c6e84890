/*
 * Parts of an entered unit after a restore (docs/duty/explanation/protocol.md, section 4, rule 2, and "In the gate"): a unit
 * was entered before the backup, its vote was granted after it, and the restore lost that vote. The unit is not new, so
 * the base does not deny it; the incarnation that entered must.
 *
 * One service, and no memory is left but the store's. Two nodes share the key. A node process votes at most once for the
 * unit, whatever it was granted; a process that starts again remembers no vote. Node 0 may choose digest 1 or 2,
 * node 1 chooses 3.
 *
 *   -DBREAK_ANY_INCARNATION  parts at or below the base go to the node that owns the unit
 *   -DBREAK_KEPT_INCARNATION a process that starts again keeps the incarnation of the one before
 *   -DBREAK_COUNTED_INCARNATION a process counts its starts in a file, which may be restored, instead of drawing a number
 *   -DBREAK_MOVED            (an assumption) the unit moved to the other node before the restore, and it voted there
 *   -DNO_RECORD_OF_REPEATS   a repeated enter does not record its incarnation
 */

#define INCARNATIONS 3

/* The store, and its backup. An owner is a node + 1. */
byte owner, ownerIncarnation, vote;
byte savedOwner, savedIncarnation, savedVote;
/* After the restore the unit is at or below the base of the session. */
bit belowBase;

typedef Node { byte incarnation, startsInFile; bit entered, hasVoted };
Node node[2];

/* Which digest was signed by the key. */
byte signature;
bit signedTwice;
/* 0: before the backup, 1: between backup and restore, 2: after the restore. */
byte phase;
/* Scratch variables: the node and the digest of a step. */
byte n, digest;

#ifdef BREAK_ANY_INCARNATION
#define SAME_INCARNATION(n) true
#else
#define SAME_INCARNATION(n) (!belowBase || ownerIncarnation == node[n].incarnation)
#endif

#ifdef NO_RECORD_OF_REPEATS
#define RECORD(n) skip
#else
#define RECORD(n) ownerIncarnation = node[n].incarnation
#endif

inline pickNode() {
  if
  :: n = 0
  :: n = 1
  fi
}

active proctype Everything() {
  atomic { node[0].incarnation = 1; node[1].incarnation = 1; node[0].startsInFile = 1; node[1].startsInFile = 1 };
end:
  do
  /* Enter: a new unit above the base, again by its owner, or, with BREAK_MOVED, by the other node under a later term. */
  :: atomic {
       pickNode();
       if
       :: owner == 0 && !belowBase -> owner = n + 1; ownerIncarnation = node[n].incarnation; node[n].entered = 1
       :: owner == n + 1 && vote == 0 && SAME_INCARNATION(n) -> RECORD(n); node[n].entered = 1
#ifdef BREAK_MOVED
       :: owner != 0 && owner != n + 1 && vote == 0 && !belowBase ->
          owner = n + 1; ownerIncarnation = node[n].incarnation; node[n].entered = 1
#endif
       :: else
       fi;
       n = 0 }
  /* Vote: granted to the owner, and signed at once. A repeat needs the same digest. */
  :: atomic {
       pickNode();
       if
       :: n == 0 -> digest = 1
       :: n == 0 -> digest = 2
       :: n == 1 -> digest = 3
       fi;
       if
       :: node[n].entered && !node[n].hasVoted && owner == n + 1 &&
          (vote == digest || (vote == 0 && SAME_INCARNATION(n))) ->
          vote = digest; node[n].hasVoted = 1;
          signedTwice = (signature != 0 && signature != digest);
          assert(!signedTwice);
          signature = digest
       :: else
       fi;
       n = 0; digest = 0 }
  /* A node process starts again. The incarnation is drawn at random, so no restored file can bring it back. */
  :: atomic {
       pickNode();
       if
#ifdef BREAK_KEPT_INCARNATION
       :: node[n].hasVoted = 0; node[n].entered = 0
#elif defined(BREAK_COUNTED_INCARNATION)
       :: node[n].startsInFile < INCARNATIONS ->
          node[n].startsInFile++; node[n].incarnation = node[n].startsInFile; node[n].hasVoted = 0; node[n].entered = 0
       :: node[n].startsInFile > 0 -> node[n].startsInFile--
#else
       :: node[n].incarnation < INCARNATIONS -> node[n].incarnation++; node[n].hasVoted = 0; node[n].entered = 0
#endif
       :: true
       fi;
       n = 0 }
  :: atomic { phase == 0 -> phase = 1; savedOwner = owner; savedIncarnation = ownerIncarnation; savedVote = vote }
  :: atomic { phase == 1 ->
       phase = 2; belowBase = 1; owner = savedOwner; ownerIncarnation = savedIncarnation; vote = savedVote }
  od
}
