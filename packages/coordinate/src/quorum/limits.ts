/** A message of this profile on the wire. */
export const MAX_MESSAGE_BYTES = 16 * 1024;

export const MAX_MEMBERS = 50;

/** Actions, refusal codes. */
export const MAX_NAME_BYTES = 64;

export const MAX_RESOURCE_BYTES = 128;

/** The facts of a refusal. Small enough that evidence of invalid content always fits a message. */
export const MAX_FACTS_BYTES = 3 * 1024;

/** Evidence, or echoed statements, in a message: the room that the envelope leaves. */
export const MAX_EVIDENCE_BYTES = MAX_MESSAGE_BYTES - 256;

/** Versions of the schedule in one `hello`: the newest. */
export const MAX_KNOWN_VERSIONS = 16;

export const MAX_RANKS = 64;

export const SIGNATURE_BYTES = 64;

/** The canonical JSON text of one action's parameters. */
export const MAX_PARAMETER_BYTES = 8 * 1024;

/** Actions of one version of the schedule. */
export const MAX_AGENDA_ITEMS = 64;

/** Any count of blocks or windows, so that sums of them stay below 2^64. */
export const MAX_BLOCKS = 2n ** 32n;
