/*
 * The meaning of a unit number (docs/duty/explanation/protocol.md, section 6, "Policy or roster change"): a policy may change
 * how units are counted, and one duty on the chain then has two numbers.
 *
 * On the chain there is one duty, "round 7 of set 5". The old meaning calls it unit 0, the new one unit 1. Two services
 * decide with a policy that they read before; the version of the policy is compared by each transaction.
 *
 *   -DTWO_STEPS       the operator changes the policy first and adopts later; a third party may claim in between
 *   -DBREAK_NO_ADOPTION  the change adopts nothing
 *   -DBREAK_NO_MARK      marks do not keep the meaning, so a grant does not compare it (rule 2a)
 */

#define OLD 0
#define NEW 1

bit policyMeaning, markMeaning;
/* By unit: the node that it was granted to, + 1; and whether it is at or below the floor. */
byte owner[2];
bit denied[2];
bit changed, adopted;

/* Which node was answered "granted" for the duty of the chain, + 1. */
byte answered;
bit grantedTwice;

#ifdef BREAK_NO_MARK
#define MARK_AGREES true
#else
#define MARK_AGREES (markMeaning == meaning)
#endif

/* The floor in the new meaning covers the duty if it was granted under the old one. */
inline adopt() { adopted = 1; markMeaning = NEW; denied[NEW] = (owner[OLD] != 0) }

active [2] proctype Service() {
  bit meaning, node;
end:
  do
  :: atomic { true ->
       if
       :: node = 0
       :: node = 1
       fi;
       meaning = policyMeaning }
     if
     :: atomic { meaning == policyMeaning && !denied[meaning] && MARK_AGREES &&
          (owner[meaning] == 0 || owner[meaning] == node + 1) ->
          owner[meaning] = node + 1 };
        atomic {
          grantedTwice = (answered != 0 && answered != node + 1);
          assert(!grantedTwice);
          answered = node + 1 }
     :: true
     fi
  od
}

active proctype Operator() {
end:
  do
  :: atomic { !changed ->
       changed = 1; policyMeaning = NEW;
#if !defined(TWO_STEPS) && !defined(BREAK_NO_ADOPTION)
       adopt()
#endif
     }
#if defined(TWO_STEPS) && !defined(BREAK_NO_ADOPTION)
  :: atomic { changed && !adopted -> adopt() }
#endif
  od
}
