import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { commandOf } from '../inspect/command.ts';
import type { Machine } from '../inspect/places.ts';
import { environment, record, records, text } from '../inspect/records.ts';
import { keysIn } from './held-keys.ts';
import { type Place, seenPlace, unseen } from './place.ts';
import { keystoreOf, numbered } from './workloads.ts';

/** Rendered manifests: pods that sign, their volumes, and Secrets that hold keys. */
export async function manifests(
  file: string,
  documents: readonly JsonRecord[],
  machine: Machine,
): Promise<readonly Place[]> {
  const all = documents.flatMap((each) => (each.kind === 'List' ? records(each.items) : [each]));
  const pods = all.map((each) => podOf(file, each));
  const stores = pods.flatMap((pod) =>
    pod.containers.map((container) => keystoreOf(programOf(pod, container), machine)),
  );
  const secrets = all.flatMap((each): readonly Place[] => {
    const { keys, hidden } = keysIn({ data: record(each.data), text: record(each.stringData) });
    if (!['Secret', 'ConfigMap'].includes(text(each.kind)) || keys.length + hidden === 0) return [];
    const name = text(record(each.metadata).name);
    const place = `${file}: ${text(each.kind)} ${name}`;
    const users = pods.filter(({ mentions, signs }) => signs && mentions.has(name));
    const signers = users.flatMap(({ title, count }) => numbered(title, count));
    // A Secret that no signer gets is one step away from one.
    const more = signers.length > 0 ? {} : { forMachine: place };
    const why = hidden === 0 ? null : 'a secret is a template';
    return [seenPlace(place, { keys, signers, ...more, why })];
  });
  return [...secrets, ...(await Promise.all(stores)).flat()];
}

type Pod = ReturnType<typeof podOf>;

function podOf(file: string, document: JsonRecord) {
  const spec = record(document.spec);
  const job = record(record(spec.jobTemplate).spec);
  const kind = text(document.kind);
  const pod = kind === 'Pod' ? spec : record(record((job.template ?? spec.template) as Json).spec);
  const containers = [...records(pod.containers), ...records(pod.initContainers)];
  const { name, namespace } = record(document.metadata);
  const replicas = Number(spec.replicas ?? 1);
  const { type, rollingUpdate } = record(spec.strategy);
  // An update of a Deployment starts the next pod before the last one has ended.
  const isLater = type === 'Recreate' || /^0%?$/.test(text(record(rollingUpdate).maxSurge));
  const surge = kind === 'Deployment' && replicas > 0 && !isLater ? 1 : 0;
  // One on each node of the cluster: at least two.
  const count = kind === 'DaemonSet' ? 2 : replicas + surge;
  const mentions = new Set(JSON.stringify(pod).match(/(?<="(?:secretName|name)":")[^"]+/g) ?? []);
  const signs = containers.some((each) => commandOf(commandText(each)).signs !== false);
  const title = `${file}: ${kind} ${text(name)}`;
  const [volumes, space] = [records(pod.volumes), text(namespace)];
  return { file, title, count, containers, mentions, signs, volumes, space };
}

/** Kubernetes writes a variable as `$(NAME)`. */
const commandText = ({ command, args }: JsonRecord): string =>
  `${text(command)} ${text(args)}`.replace(/\$\((\w+)\)/g, '$${$1}');

function programOf(pod: Pod, container: JsonRecord) {
  const given = records(container.env).flatMap(({ name, value }) =>
    value === undefined ? [] : [`${text(name)}=${text(value)}`],
  );
  const mounts = records(container.volumeMounts).map(({ name, mountPath }) => {
    const volume = pod.volumes.find((each) => each.name === name);
    const claim = text(record(volume?.persistentVolumeClaim).claimName);
    const path = text(record(volume?.hostPath).path);
    const source =
      claim !== ''
        ? `claim ${pod.space || 'default'}/${claim}`
        : path === ''
          ? null
          : `path ${path} of each node`;
    return { target: text(mountPath), source };
  });
  return {
    ...{ file: pod.file, name: pod.title, command: commandText(container), variables: environment(given) },
    ...{ count: pod.count, mounts },
  };
}

const SIGNS = /^(?:validator|collator|authority)$/;

/**
 * Values of Helm: records with keys, and how many replicas get them. Only the chart shows what it makes of
 * them, so this is never all.
 */
export function helmValues(file: string, value: JsonRecord): readonly Place[] {
  const visit = (own: Json, path: readonly string[]): readonly Place[] => {
    if (isList(own)) return own.flatMap((each, at) => visit(each, [...path, String(at)]));
    if (!isRecord(own)) return [];
    const count = Number(own.replicas ?? own.replicaCount ?? 1);
    const direct = Object.values(own)
      .filter((each) => !isRecord(each))
      .map(text)
      .join(' ');
    const isSigner = commandOf(direct).signs === true || SIGNS.test(text(own.role));
    const below = Object.entries(own).flatMap(([name, each]) => visit(each, [...path, name]));
    if (!isSigner) return below;
    const { keys, hidden } = keysIn(own);
    const place = `${file}: ${path.join('.') || 'values'}`;
    const signers = numbered(place, count);
    // Without keys in the values, each replica has a separate keystore.
    const isShared = keys.length > 0;
    const isKnown = hidden === 0 && Number.isInteger(count);
    const why = isKnown ? null : 'a secret of a key, or the number of replicas, is in a variable';
    return [seenPlace(place, { keys, signers: isShared ? signers : [], why })];
  };
  return [
    ...visit(value, []),
    unseen(file, 'values do not show what the chart makes of them: give the output of helm template'),
  ];
}
