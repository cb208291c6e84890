/** The codes that the core of the service throws; the problem document has detail and remedy. */
export const FAULT_MEANINGS: Readonly<Record<string, string>> = {
  changed: 'The record changed meanwhile. The service wrote no change: look at the record again and repeat.',
  'digest-length': 'The digest does not have the length of the duty; the remedy has its form.',
  'export-unknown':
    'A trim names another export than the last one that this service wrote to its end since its start.',
  'floor-missing': 'An adoption names no floor for an enabled duty.',
  'key-ambiguous':
    'Several keys fit the name or the digits, or one key signs on several chains; the remedy lists them.',
  'key-unknown': 'No key has this name or these last digits; the remedy lists the keys.',
  'ledger-not-made': 'No ledger could be made in an empty store: look at the health of the store.',
  'last-unit-passed':
    'The ledger granted units above the last one of the policy, so no other ledger may begin there.',
  'last-unit-raised':
    'The policy raises or removes the last unit of a duty: send it with new floors, `watchbill adopt --policy FILE`.',
  malformed: 'A value does not have its form; the detail names it. The service recorded no change.',
  'malformed-unit': 'The unit is not in its canonical form; the remedy has it.',
  'meaning-changed':
    'The policy changes how units are counted: send it with new floors, `watchbill adopt --policy FILE`.',
  'invalid-query': 'The `before` of the query is not a unit.',
  'name-taken': 'Another key of the ledger has this name.',
  'not-frozen': 'None of the named keys is frozen; `watchbill status` shows the mode of each key.',
  'not-listed': 'The chain and key have no policy, or the policy does not list the node.',
  'not-observer': 'The reporter is neither a listed node nor an observer of the chain.',
  'not-quiet':
    'An adoption with a quiet time: observers reported a signature of the key, or did not watch for so long.',
  'not-ready': 'The watch cannot go to a node that has not reported that it is fit.',
  'not-serving': 'The service does not grant now, so it does not change the ledger either: ask another one.',
  'number-too-large': 'A number does not fit 64 bits.',
  'other-ledger': 'The proof is of another ledger than that of this service.',
  'handover-late': 'The active node did not finish the units it had entered; the watch stays.',
  'called-off': 'The request of a handover ended before the watch moved; the old node stays active.',
  'part-not-of-duty': 'The duty has no such part; the detail lists its parts.',
  'skew-too-soon':
    'A policy lowers `allowedSkewMs` before the slots of the old one are past; the remedy has the time.',
  'report-held':
    'A rollback report forbids the adoption: its floors are too low, or a report is not stored yet.',
  'report-released': 'The rollback report is released already; the service made no change.',
  'report-unknown': 'No rollback report has this id; `watchbill rollback-report list` shows them.',
  'report-unreadable': 'A newer release wrote the rollback report: release it with that release.',
  'service-changed': 'The record of the service changed meanwhile: look at it and ask again.',
  'service-removed': 'A removed service stays removed: start it with a new data directory.',
  'service-self': 'A service does not remove itself: ask another one.',
  'service-serving':
    'The service serves already. A rollback report is released with `watchbill rollback-report release`.',
  'service-unknown': 'No service has this id; `watchbill service list` shows them.',
  'session-too-long':
    'The session of the service would live longer than half a minute: make `session.ttlMs` smaller.',
  'store-behind': 'The store is not the one of this data directory, or lost what it held.',
  'store-unavailable': 'The store did not answer: it is not certain whether the change was written.',
  'too-many-in-flight':
    'Too many claims of this node, or of all nodes, are under way; the detail has both numbers. Wait for the seconds in Retry-After, or ask another service.',
  'trim-too-new': 'A trim would remove rows of the last 31 days; `units` shows 30 of them.',
  'unknown-duty': 'There is no such duty; the detail lists them.',
  'token-unknown': 'No token has this id; `watchbill token list` shows them.',
};
