/*
 * Several grants for one signature (docs/duty/explanation/protocol.md, "In the gate"): a gate signs once GRANTS services
 * have granted the claim. Service 0 answers whatever it likes: it says granted without a transaction, or writes a grant
 * and says nothing. The others compare and set the record of the unit, and remember what they granted.
 *
 * Two nodes share the key and want one unit, each for its own digest. A node asks any service in any order.
 *
 *   -DSERVICES=3 -DGRANTS=2 -DLIARS=1  how many there are, how many must grant, and how many lie
 *   -DBREAK_ONE_GRANT        a node signs with the first grant
 *   -DBREAK_SAME_SERVICE     two answers of one service count as two
 *   -DBREAK_TWO_LIE          (an assumption) service 1 lies too
 *   -DBREAK_REWRITES         (an assumption) service 0 writes any record into the store
 *   -DNODE_ASKS_HONEST       reachable: a node signs with honest grants alone
 */

#ifndef SERVICES
#define SERVICES 3
#endif
#ifndef GRANTS
#define GRANTS 2
#endif

#ifdef BREAK_ONE_GRANT
#define NEEDED 1
#else
#define NEEDED GRANTS
#endif

#ifdef BREAK_TWO_LIE
#define LIARS 2
#endif
#ifndef LIARS
#define LIARS 1
#endif
#define LIES(s) (s < LIARS)

/* The store: the digest that the unit is granted for; 0 for none. */
byte granted;
/* The same in the ledger of each service. */
byte own[SERVICES];

typedef Node { bit grantedBy[SERVICES]; byte grants; bit hasSigned };
Node node[2];

/* Which digest was signed by the key. */
byte signature;
bit signedTwice, witnessed;
/* Scratch variables: the node and the service of a step, and the digest of the node. */
byte n, s, digest;

inline pick() {
  if
  :: n = 0
  :: n = 1
  fi;
  digest = n + 1;
  s = 0;
  do
  :: s < SERVICES - 1 -> s++
  :: break
  od
}

#ifdef BREAK_SAME_SERVICE
#define MAY_ASK(n, s) (node[n].grants < GRANTS)
#else
#define MAY_ASK(n, s) (!node[n].grantedBy[s])
#endif

inline grant() {
  node[n].grantedBy[s] = 1;
  node[n].grants++
}

active proctype Everything() {
end:
  do
  :: atomic {
       pick();
       if
       :: MAY_ASK(n, s) && LIES(s) -> grant()
       :: LIES(s) && granted == 0 -> granted = digest
       :: MAY_ASK(n, s) && !LIES(s) && (granted == 0 || granted == digest) && (own[s] == 0 || own[s] == digest) ->
          granted = digest; own[s] = digest; grant()
       :: else
       fi;
       n = 0; s = 0; digest = 0 }
#ifdef BREAK_REWRITES
  :: atomic {
       if
       :: granted = 0
       :: granted = 1
       :: granted = 2
       fi }
#endif
  :: atomic {
       pick();
       if
       :: node[n].grants >= NEEDED && !node[n].hasSigned ->
          node[n].hasSigned = 1;
          signedTwice = (signature != 0 && signature != digest);
          assert(!signedTwice);
#ifdef NODE_ASKS_HONEST
          witnessed = !node[n].grantedBy[0];
          assert(!witnessed);
#endif
          signature = digest
       :: else
       fi;
       n = 0; s = 0; digest = 0 }
  od
}
