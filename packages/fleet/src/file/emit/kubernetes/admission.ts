import type {
  IValidatingAdmissionPolicy,
  IValidatingAdmissionPolicyBinding,
} from 'kubernetes-models/admissionregistration.k8s.io/v1';
import { type KubernetesResource, MARKS } from '../../graph/resource.ts';
import { forNode, signs } from '../../normalise/network.ts';
import { kubernetesId, NETWORK_SUBJECT } from './names.ts';
import { type ClusterScene, kubernetesResource } from './resource.ts';

const API = 'admissionregistration.k8s.io/v1';
type Policy = Omit<IValidatingAdmissionPolicy, 'apiVersion' | 'kind' | 'metadata'>;
type Binding = Omit<IValidatingAdmissionPolicyBinding, 'apiVersion' | 'kind' | 'metadata'>;

/**
 * Holds validators and collators of the network at one pod each, also against `kubectl scale`, autoscalers
 * and other tools, and each Secret of seeds at one workload. Empty unless the cluster asks for it: the
 * objects belong to the whole cluster, and not every user may make them.
 */
export function signerPolicy(scene: ClusterScene): readonly KubernetesResource[] {
  const { network, place } = scene;
  const pools = network.pools.filter((pool) => signs(pool.role) && (pool.places.get(place.name) ?? 0) > 0);
  if (!isWanted(scene) || pools.length === 0) return [];
  const policy: Policy = {
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': place.namespace } },
        resourceRules: [
          rule('statefulsets', ['CREATE', 'UPDATE']),
          // `kubectl scale` and autoscalers change this part alone.
          rule('statefulsets/scale', ['UPDATE']),
        ],
      },
      variables: [
        {
          name: 'signs',
          expression: signsExpression(
            network.name,
            pools.map((pool) => pool.name),
          ),
        },
      ],
      validations: [
        {
          expression: '!variables.signs || !has(object.spec.replicas) || object.spec.replicas <= 1',
          message: `a validator or collator of network ${network.name} is one pod: a second one would sign with the same keys`,
          reason: 'Forbidden',
        },
      ],
    },
  };
  const seeds = seedsOf(scene);
  return [
    ...inForce(scene, 'signers', policy),
    ...(seeds.length === 0 ? [] : inForce(scene, 'seeds', seedPolicy(scene, seeds))),
  ];
}

function inForce(scene: ClusterScene, of: PolicyName, content: Policy): readonly KubernetesResource[] {
  const { place } = scene;
  const name = policyName(scene, of);
  const common = {
    apiVersion: API,
    name,
    subject: NETWORK_SUBJECT,
    inNamespace: false,
    labels: { [MARKS.namespace]: place.namespace },
  };
  const binding: Binding = { spec: { policyName: name, validationActions: ['Deny'] } };
  return [
    kubernetesResource(scene, { ...common, kind: 'ValidatingAdmissionPolicy', content }),
    kubernetesResource(scene, {
      ...common,
      kind: 'ValidatingAdmissionPolicyBinding',
      content: binding,
      needs: [kubernetesId(place, 'ValidatingAdmissionPolicy', name, false)],
    }),
  ];
}

interface Seeds {
  readonly secret: string;
  /** The one set whose pod reaches the Secret. */
  readonly set: string;
}

function seedsOf({ network, place }: ClusterScene): readonly Seeds[] {
  return network.pools
    .flatMap(({ nodes }) => nodes)
    .flatMap(({ name, place: own, settings: { keys } }) =>
      own !== place.name || keys.session.source !== 'secret'
        ? []
        : [{ secret: forNode(keys.session.secret ?? '', name), set: name }],
    );
}

/** Keeps each Secret of seeds for the pod of one signer, also against other tools. */
function seedPolicy({ network, place }: ClusterScene, seeds: readonly Seeds[]): Policy {
  const all = seeds.map(({ secret, set }) => `{'secret': '${secret}', 'set': '${set}'}`).join(', ');
  const isOwn = (kind: string, name: string) =>
    `object.kind == '${kind}' && has(object.metadata.name) && object.metadata.name == ${name}`;
  const named = (of: string, key: string) =>
    `has(${of}) && has(${of}.${key}) && ${of}.${key} in variables.kept`;
  const reaches = (list: string) =>
    `has(variables.pod.${list}) && variables.pod.${list}.exists(c, (has(c.env) && c.env.exists(e, has(e.valueFrom) && ${named('e.valueFrom.secretKeyRef', 'name')})) || (has(c.envFrom) && c.envFrom.exists(e, ${named('e.secretRef', 'name')})))`;
  const mounts = `has(variables.pod.volumes) && variables.pod.volumes.exists(v, (${named('v.secret', 'secretName')}) || (has(v.projected) && has(v.projected.sources) && v.projected.sources.exists(s, ${named('s.secret', 'name')})))`;
  return {
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': place.namespace } },
        resourceRules: [
          rule('pods', ['CREATE'], ''),
          rule('pods/ephemeralcontainers', ['UPDATE'], ''),
          ...['statefulsets', 'deployments', 'daemonsets'].map((one) => rule(one, ['CREATE', 'UPDATE'])),
          ...['jobs', 'cronjobs'].map((one) => rule(one, ['CREATE', 'UPDATE'], 'batch')),
        ],
      },
      variables: [
        {
          name: 'pod',
          expression:
            "object.kind == 'Pod' ? object.spec : object.kind == 'CronJob' ? object.spec.jobTemplate.spec.template.spec : object.spec.template.spec",
        },
        {
          name: 'kept',
          expression: `[${all}].filter(k, !(${isOwn('StatefulSet', 'k.set')}) && !(${isOwn('Pod', "k.set + '-0'")})).map(k, k.secret)`,
        },
      ],
      validations: [
        {
          expression: `!(${mounts}) && !(${reaches('containers')}) && !(${reaches('initContainers')}) && !(${reaches('ephemeralContainers')})`,
          message: `a Secret with seeds of network ${network.name} is for the pod of one signer: a second workload would sign with the same keys`,
          reason: 'Forbidden',
        },
      ],
    },
  };
}

/** The objects that a signer waits for, so that the policy is in force when its pod starts. */
export function signerPolicyNeeds(scene: ClusterScene): readonly string[] {
  if (!isWanted(scene)) return [];
  const names: readonly PolicyName[] = seedsOf(scene).length === 0 ? ['signers'] : ['signers', 'seeds'];
  return names.map((of) =>
    kubernetesId(scene.place, 'ValidatingAdmissionPolicyBinding', policyName(scene, of), false),
  );
}

function isWanted({ network, place }: ClusterScene): boolean {
  return network.file.clusters?.[place.name]?.admissionPolicy === true;
}

type PolicyName = 'signers' | 'seeds';

/** Unique in a cluster: dots are in no name of a network or a namespace. */
function policyName({ network, place }: ClusterScene, of: PolicyName): string {
  return `${of}.${place.namespace}.${network.name}`;
}

function rule(resource: string, operations: readonly ('CREATE' | 'UPDATE')[], group = 'apps') {
  return { apiGroups: [group], apiVersions: ['*'], resources: [resource], operations: [...operations] };
}

/**
 * Whether the object is the set of a signer. Its selector cannot be changed, and the Scale of a set repeats
 * it as a text. The label of the role counts too, before or after a change, so that a set stays held while
 * its pool leaves the file.
 */
function signsExpression(network: string, pools: readonly string[]): string {
  const names = pools.map((name) => `'${name}'`).join(', ');
  const ofScale = `object.status.selector.matches('(^|,)${MARKS.network}=${network}(,|$)') && object.status.selector.matches('(^|,)${MARKS.pool}=(${pools.join('|')})(,|$)')`;
  const selector = 'object.spec.selector.matchLabels';
  const bySelector = `has(${selector}) && '${MARKS.network}' in ${selector} && ${selector}['${MARKS.network}'] == '${network}' && '${MARKS.pool}' in ${selector} && ${selector}['${MARKS.pool}'] in [${names}]`;
  const byRole = (of: string) =>
    `has(${of}.metadata.labels) && '${MARKS.network}' in ${of}.metadata.labels && ${of}.metadata.labels['${MARKS.network}'] == '${network}' && '${MARKS.role}' in ${of}.metadata.labels && ${of}.metadata.labels['${MARKS.role}'] in ['validator', 'collator']`;
  return `has(request.subResource) && request.subResource == 'scale' ? ${ofScale} : (${bySelector}) || (${byRole('object')}) || (oldObject != null && ${byRole('oldObject')})`;
}
