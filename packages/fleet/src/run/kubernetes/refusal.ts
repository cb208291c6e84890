import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import type { Reply } from './client.ts';

/** Why the server refused a request. */
export type Reason =
  | 'conflict'
  | 'changed'
  | 'exists'
  | 'invalid'
  | 'immutable'
  | 'forbidden'
  | 'not-found'
  | 'unreachable'
  | 'unknown';

export interface Failure {
  readonly reason: Reason;
  /** The server's message; it names fields and managers, never values of secrets. */
  readonly detail: string;
}

/**
 * Server-side apply answers 500 to a field that the schema does not have, whatever validation was asked for.
 * It is the object that is wrong, and it stays wrong.
 */
const UNKNOWN_FIELD = /failed to create (typed patch object|manager for)|field not declared in schema/;
const IMMUTABLE =
  /field is immutable|updates to [a-z]+ spec for fields other than|may not be changed|cannot be changed/i;

/** Reads a reply that is not a success. */
export function failureOf(reply: Reply): Failure {
  if (reply.kind !== 'answer')
    return { reason: reply.kind === 'lost' ? 'unknown' : 'unreachable', detail: reply.detail };
  const { status, body } = reply;
  const message = typeof body.message === 'string' ? body.message : `the server answered ${status}`;
  switch (status) {
    case 401:
      return { reason: 'forbidden', detail: `the server does not accept the credentials: ${message}` };
    case 403:
      return { reason: 'forbidden', detail: withGrant(message) };
    case 404:
      return { reason: 'not-found', detail: message };
    case 409:
      return conflictOf(body, message);
    case 400:
    case 413:
    case 415:
      return { reason: 'invalid', detail: message };
    case 422:
      return { reason: isImmutable(body, message) ? 'immutable' : 'invalid', detail: message };
    default:
      return UNKNOWN_FIELD.test(message)
        ? { reason: 'invalid', detail: unknownFieldText(message) }
        : { reason: 'unknown', detail: `the server answered ${status}: ${message}` };
  }
}

const FORBIDDEN =
  /User "[^"]*" cannot (\w+) resource "([^"]+)" in API group "([^"]*)" (?:in the namespace "([^"]*)"|at the cluster scope)/;

/**
 * Adds the rule that grants what RBAC refused. Example of the message: `pods is forbidden: User "ann" cannot
 * list resource "pods" in API group "" in the namespace "estuary"`. Other refusals have no such rule.
 */
function withGrant(message: string): string {
  const [found, verb, resource, group, namespace] = FORBIDDEN.exec(message) ?? [];
  if (found === undefined) return message;
  // The server calls a namespace an object in itself.
  const isOfCluster = namespace === undefined || resource === 'namespaces';
  const role = isOfCluster ? 'a ClusterRole' : `a Role of the namespace ${namespace}`;
  return `${message}. To grant it, add to ${role}: {apiGroups: ["${group}"], resources: [${resource}], verbs: [${verb}]}`;
}

/**
 * `failed to create typed patch object (ns/name; apps/v1, Kind=StatefulSet): .spec.x: field not declared in
 * schema`, made short.
 */
function unknownFieldText(message: string): string {
  const fields = [...message.matchAll(/(\.[^\s:]+): field not declared in schema/g)].map(
    ([, field]) => field,
  );
  return fields.length === 0 ? message : `the server knows no field ${fields.join(', ')}`;
}

function conflictOf(body: JsonRecord, message: string): Failure {
  const causes = causesOf(body).filter(({ reason }) => reason === 'FieldManagerConflict');
  if (causes.length > 0) {
    const fields = causes.map((cause) => `${cause.field} (${managerOf(cause.message)})`);
    return { reason: 'conflict', detail: `set by another manager: ${[...new Set(fields)].join(', ')}` };
  }
  return { reason: body.reason === 'AlreadyExists' ? 'exists' : 'changed', detail: message };
}

interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

function causesOf(body: JsonRecord): readonly Cause[] {
  const causes: Json | undefined = isRecord(body.details) ? body.details.causes : undefined;
  return (isList(causes) ? causes : []).filter(isRecord).map((cause) => ({
    reason: String(cause.reason ?? ''),
    message: String(cause.message ?? ''),
    field: String(cause.field ?? ''),
  }));
}

/** `conflict with "kubectl-edit" using apps/v1 at …` names the manager in quotes. */
function managerOf(message: string): string {
  return /conflict with "([^"]*)"/.exec(message)?.[1] ?? message;
}

function isImmutable(body: JsonRecord, message: string): boolean {
  const causes = causesOf(body);
  return causes.length === 0
    ? IMMUTABLE.test(message)
    : causes.every((cause) => IMMUTABLE.test(cause.message));
}
