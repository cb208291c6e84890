/*
 * One window of the profile `quorum` (docs/decisions/0005-quorum.md): which certificates can come about.
 * README.md says what is left out, why that is sound, and what each switch does.
 *
 *   -DN=4            members, one of them Byzantine; 4 or 5
 *   -DR=3            ranks, 1 to 4
 *   -DLIAR=1         the rank that the Byzantine member leads; 9 for none of them
 *   -DFINE           compute, store and send are three steps, with a crash between any two
 *   -DPROGRESS       every run that ends must end in a certificate; with -DSILENT the liar keeps silent in the last rank
 *   -DWITNESS=...    a state that must be reachable: the run must fail there
 *   -DBREAK_...      a rule left out, see `scripts/models/quorum.mjs`
 */

#ifndef N
#define N 4
#endif
#ifndef R
#define R 3
#endif
#ifndef LIAR
#define LIAR 0
#endif

#ifdef BREAK_SECOND_LIAR
#define LIARS 2
#else
#define LIARS 1
#endif

/* Members 0 .. H-1 are honest; the last one is the liar, and has no state: what its key can sign is always there. */
#define H (N - LIARS)
#ifdef BREAK_SMALL_QUORUM
#define Q ((2 * N) / 3)
#else
#define Q ((2 * N) / 3 + 1)
#endif
/* Honest members needed beside the liar for a quorum in a rank. */
#ifdef SILENT
#define NEED(r) ((r) == R - 1 -> Q : Q - LIARS)
#else
#define NEED(r) (Q - LIARS)
#endif

/* Two values, as bits. A claim is a bit too: 0 is "nothing prepared", 1 + 2 * rank + (value - 1) is a prepared value. */
#define A 1
#define B 2
#define NONE 0
#define LOCK(r, v) (1 + 2 * (r) + (v) - 1)
#define CLAIM(lock) (1 << (lock))
/* All claims of at most this prepared rank. */
#define UP_TO(r) ((1 << (3 + 2 * (r))) - 1)
#define ANY_CLAIM 511

/* What was sent, by member and rank: grows only. Who reads it may have missed any part of it. */
byte sentPrepare[H * R];
byte sentCommit[H * R];
short sentChange[H * R];
byte sentProposal[R];

/* What a member knows: its rank, its lock, and what it has signed in each rank. Zero: nothing. A change is a lock + 1. */
typedef Memory {
  byte rank;
  byte lock;
  byte prepare[R];
  byte commit[R];
  byte change[R];
  byte proposal[R]
};
Memory mine[H];

#ifdef FINE
Memory disk[H];
/* 0: nothing under way; 1: computed; 2: one of store and send was done, the other follows. */
byte under[H];
#endif

/* Honest leaders, in the order of the ranks that are theirs; which honest member it is makes no difference. */
#define LEADER(r) ((r) < LIAR -> (r) : (r) - 1)
#define LED_BY_LIAR(r) ((r) == LIAR)

#define HAS(bits, wanted) (((bits) & (wanted)) != 0)
#define ONE(set, i, r, wanted) HAS(set[(i) * R + (r)], wanted)
#define ANY(set, i, wanted) \
  HAS(set[(i) * R] | set[(i) * R + 1 % R] | set[(i) * R + 2 % R] | set[(i) * R + 3 % R], wanted)
#if H == 2
#define COUNT(set, r, wanted) (ONE(set, 0, r, wanted) + ONE(set, 1, r, wanted))
#elif H == 3
#define COUNT(set, r, wanted) (ONE(set, 0, r, wanted) + ONE(set, 1, r, wanted) + ONE(set, 2, r, wanted))
#else
#define COUNT(set, r, wanted) \
  (ONE(set, 0, r, wanted) + ONE(set, 1, r, wanted) + ONE(set, 2, r, wanted) + ONE(set, 3, r, wanted))
#endif
#define COUNT_ANY_RANK(set, wanted) (ANY(set, 0, wanted) + ANY(set, 1, wanted) + ANY(set, 2, wanted))

/* A quorum of prepares, or of commits, of one rank for one value. */
#ifdef BREAK_NO_RANK
#define PREPARED(r, v) (COUNT_ANY_RANK(sentPrepare, v) >= NEED(r))
#define CERTIFIED(r, v) (COUNT_ANY_RANK(sentCommit, v) >= Q - LIARS)
#else
#define PREPARED(r, v) (COUNT(sentPrepare, r, v) >= NEED(r))
#define CERTIFIED(r, v) (COUNT(sentCommit, r, v) >= Q - LIARS)
#endif
#if R == 1
#define CERTIFICATE(v) (CERTIFIED(0, v))
#elif R == 2
#define CERTIFICATE(v) (CERTIFIED(0, v) || CERTIFIED(1, v))
#elif R == 3
#define CERTIFICATE(v) (CERTIFIED(0, v) || CERTIFIED(1, v) || CERTIFIED(2, v))
#else
#define CERTIFICATE(v) (CERTIFIED(0, v) || CERTIFIED(1, v) || CERTIFIED(2, v) || CERTIFIED(3, v))
#endif

/* A quorum of rank-changes into r of which the highest claim is (p, v), proven by its prepares. */
#ifdef BREAK_UNPROVEN_CLAIM
#define PROVEN(p, v) true
#else
#define PROVEN(p, v) PREPARED(p, v)
#endif
#ifdef BREAK_NOT_HIGHEST
#define BELOW(p) ANY_CLAIM
#else
#define BELOW(p) UP_TO(p)
#endif
#ifdef SILENT
#define CLAIMED(r, p, v) ((r) < R - 1 || COUNT(sentChange, r, CLAIM(LOCK(p, v))) > 0)
#else
#define CLAIMED(r, p, v) true
#endif
#define JUSTIFIED_BY(r, p, v) \
  ((p) < R && (p) < (r) && PROVEN((p) % R, v) && CLAIMED(r, p, v) && COUNT(sentChange, r, BELOW(p)) >= NEED(r))
#define JUSTIFIED(r, v) \
  ((r) == 0 || COUNT(sentChange, r, CLAIM(NONE)) >= NEED(r) || \
   JUSTIFIED_BY(r, 0, v) || JUSTIFIED_BY(r, 1, v) || JUSTIFIED_BY(r, 2, v) || JUSTIFIED_BY(r, 3, v))

/* A proposal of the leader of r that a member may take. */
#ifdef BREAK_UNJUSTIFIED
#define LIE(r, v) !(SILENT_NOW(r))
#else
#define LIE(r, v) (!(SILENT_NOW(r)) && JUSTIFIED(r, v))
#endif
#ifdef SILENT
#define SILENT_NOW(r) ((r) == R - 1)
#else
#define SILENT_NOW(r) false
#endif
#define PROPOSED(r, v) (LED_BY_LIAR(r) -> LIE(r, v) : HAS(sentProposal[r], v))

/* IBFT before QBFT: who is locked prepares nothing else, whatever the justification says. */
#ifdef BREAK_STUBBORN
#define MAY_PREPARE(i, v) (mine[i].lock == NONE || 1 + (mine[i].lock + 1) % 2 == v)
#else
#define MAY_PREPARE(i, v) true
#endif

#ifdef FINE
#define IDLE(i) (under[i] == 0)
#define DONE(i) under[i] = 1
#else
#define IDLE(i) true
#define DONE(i) send(i, mine[i])
#endif

/* States that must be reachable, else the rest proves nothing. */
#if WITNESS == 1
#define SEEN CERTIFIED(R - 1, B)
#elif WITNESS == 2
/* A lock of one member gives way to a later quorum for another value. */
#define SEEN (mine[0].lock == LOCK(0, A) && CERTIFIED(1, B))
#elif WITNESS == 3
/* A value is certified again in a later rank. */
#define SEEN (CERTIFIED(0, A) && CERTIFIED(R - 1, A))
#endif

#define TWO(bits) (((bits) & ((bits) - 1)) != 0)

/* What must never become true. The run ends where it does, with the name of what did. */
bool signedTwice;
bool twoCertificates;
bool stuck;
bool witnessed;

byte j;

/* Everything that is signed goes out, again and again: sending twice changes nothing. */
inline send(i, from) {
  j = 0;
  do
  :: j < R ->
    sentPrepare[(i) * R + j] = sentPrepare[(i) * R + j] | from.prepare[j];
    sentCommit[(i) * R + j] = sentCommit[(i) * R + j] | from.commit[j];
    if
    :: from.change[j] > 0 -> sentChange[(i) * R + j] = sentChange[(i) * R + j] | CLAIM(from.change[j] - 1)
    :: else
    fi;
    sentProposal[j] = sentProposal[j] | from.proposal[j];
    if
    :: (TWO(sentPrepare[(i) * R + j]) || TWO(sentCommit[(i) * R + j]) || TWO(sentChange[(i) * R + j]) || TWO(sentProposal[j])) ->
      signedTwice = true
    :: else
    fi;
    assert(!signedTwice);
    j++
  :: else -> break
  od;
  j = 0;
  twoCertificates = CERTIFICATE(A) && CERTIFICATE(B);
  assert(!twoCertificates);
#ifdef WITNESS
  witnessed = SEEN;
  assert(!witnessed);
#endif
}

inline copy(from, into) {
  into.rank = from.rank;
  into.lock = from.lock;
  j = 0;
  do
  :: j < R ->
    into.prepare[j] = from.prepare[j];
    into.commit[j] = from.commit[j];
    into.change[j] = from.change[j];
    into.proposal[j] = from.proposal[j];
    j++
  :: else -> break
  od;
  j = 0
}

inline forget(i) {
  mine[i].rank = 0;
  mine[i].lock = NONE;
  j = 0;
  do
  :: j < R ->
    mine[i].prepare[j] = 0;
    mine[i].commit[j] = 0;
    mine[i].change[j] = 0;
    mine[i].proposal[j] = 0;
    j++
  :: else -> break
  od;
  j = 0
}

#define RANK(i) mine[i].rank
#ifdef BREAK_NO_LOCK
#define SET_LOCK(i, r, v) skip
#else
#define SET_LOCK(i, r, v) mine[i].lock = LOCK(r, v)
#endif

/* The leader of its rank proposes, once. */
#define PROPOSE(i, v) \
  :: d_step { IDLE(i) && !LED_BY_LIAR(RANK(i)) && LEADER(RANK(i)) == i && mine[i].proposal[RANK(i)] == 0 \
       && JUSTIFIED(RANK(i), v) -> mine[i].proposal[RANK(i)] = v; DONE(i) }

#define PREPARE(i, v) \
  :: d_step { IDLE(i) && mine[i].prepare[RANK(i)] == 0 && PROPOSED(RANK(i), v) && MAY_PREPARE(i, v) -> \
       mine[i].prepare[RANK(i)] = v; DONE(i) }

/* A quorum of prepares of its own rank: lock, and commit. */
#define COMMIT(i, v) \
  :: d_step { IDLE(i) && mine[i].commit[RANK(i)] == 0 && PREPARED(RANK(i), v) -> \
       SET_LOCK(i, RANK(i), v); mine[i].commit[RANK(i)] = v; DONE(i) }

/* Its height, or f + 1 others, say that a later rank has begun; ranks may be left out. */
#define CHANGE(i, r) \
  :: d_step { IDLE(i) && r < R && RANK(i) < r -> mine[i].rank = r; mine[i].change[r % R] = mine[i].lock + 1; DONE(i) }

/* A commit for a rank that the member has left. */
#ifdef BREAK_LATE_COMMIT
#define LATE(i, v) \
  :: d_step { RANK(i) > 0 && mine[i].commit[0] == 0 && PREPARED(0, v) -> mine[i].commit[0] = v; DONE(i) }
#else
#define LATE(i, v)
#endif

/* What a crash does. In three steps, it falls back to the disk; in one, it matters only where the disk lacks something. */
#ifdef FINE
#ifdef BREAK_SEND_BEFORE_STORE
#define FIRST(i) send(i, mine[i])
#define SECOND(i) copy(mine[i], disk[i])
#define RESUME(i) send(i, disk[i])
#else
#define FIRST(i) copy(mine[i], disk[i])
#define SECOND(i) send(i, disk[i])
#define RESUME(i) skip
#endif
#define OUTSIDE(i) \
  :: d_step { under[i] == 1 -> FIRST(i); under[i] = 2 } \
  :: d_step { under[i] == 2 -> SECOND(i); under[i] = 0 } \
  :: d_step { under[i] != 0 -> copy(disk[i], mine[i]); RESUME(i); under[i] = 2 }
#elif defined(BREAK_LOCK_FORGOTTEN)
#define OUTSIDE(i) :: d_step { mine[i].lock != NONE -> mine[i].lock = NONE }
#elif defined(BREAK_FRESH_JOINS)
#define OUTSIDE(i) :: d_step { forget(i) }
#else
#define OUTSIDE(i)
#endif

#define STEPS(i) \
  PROPOSE(i, A) PROPOSE(i, B) PREPARE(i, A) PREPARE(i, B) COMMIT(i, A) COMMIT(i, B) LATE(i, A) LATE(i, B) \
  CHANGE(i, 1) CHANGE(i, 2) CHANGE(i, 3) OUTSIDE(i)

init {
  do
  STEPS(0)
  STEPS(1)
#if H > 2
  STEPS(2)
#endif
#if H > 3
  STEPS(3)
#endif
  :: else -> break
  od;
#ifdef PROGRESS
  stuck = COUNT(sentCommit, R - 1, A) < Q && COUNT(sentCommit, R - 1, B) < Q;
  assert(!stuck)
#endif
}
