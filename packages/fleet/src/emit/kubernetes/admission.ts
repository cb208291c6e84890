import type {
  IValidatingAdmissionPolicy,
  IValidatingAdmissionPolicyBinding,
} from 'kubernetes-models/admissionregistration.k8s.io/v1';
import { type KubernetesResource, MARKS } from '../../graph/resource.ts';
import { signs } from '../../normalise/network.ts';
import { kubernetesId, NETWORK_SUBJECT } from './names.ts';
import { type ClusterScene, kubernetesResource } from './resource.ts';

const API = 'admissionregistration.k8s.io/v1';
type Policy = Omit<IValidatingAdmissionPolicy, 'apiVersion' | 'kind' | 'metadata'>;
type Binding = Omit<IValidatingAdmissionPolicyBinding, 'apiVersion' | 'kind' | 'metadata'>;

/**
 * Holds validators and collators of the network at one pod each, also against `kubectl scale`, autoscalers
 * and other tools. Empty unless the cluster asks for it: the objects belong to the whole cluster, and not
 * every user may make them.
 */
export function signerPolicy(scene: ClusterScene): readonly KubernetesResource[] {
  const { network, place } = scene;
  const pools = network.pools.filter((pool) => signs(pool.role) && (pool.places.get(place.name) ?? 0) > 0);
  if (!isWanted(scene) || pools.length === 0) return [];
  const name = policyName(scene);
  const common = {
    apiVersion: API,
    name,
    subject: NETWORK_SUBJECT,
    inNamespace: false,
    labels: { [MARKS.namespace]: place.namespace },
  };
  const policy: Policy = {
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': place.namespace } },
        resourceRules: [
          rule('statefulsets', 'CREATE', 'UPDATE'),
          // `kubectl scale` and autoscalers change this part alone.
          rule('statefulsets/scale', 'UPDATE'),
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
  const binding: Binding = { spec: { policyName: name, validationActions: ['Deny'] } };
  return [
    kubernetesResource(scene, { ...common, kind: 'ValidatingAdmissionPolicy', content: policy }),
    kubernetesResource(scene, {
      ...common,
      kind: 'ValidatingAdmissionPolicyBinding',
      content: binding,
      needs: [kubernetesId(place, 'ValidatingAdmissionPolicy', name, false)],
    }),
  ];
}

/** The objects that a signer waits for, so that the policy is in force when its pod starts. */
export function signerPolicyNeeds(scene: ClusterScene): readonly string[] {
  return isWanted(scene)
    ? [kubernetesId(scene.place, 'ValidatingAdmissionPolicyBinding', policyName(scene), false)]
    : [];
}

function isWanted({ network, place }: ClusterScene): boolean {
  return network.file.clusters?.[place.name]?.admissionPolicy === true;
}

/** Unique in a cluster: dots are in no name of a network or a namespace. */
function policyName({ network, place }: ClusterScene): string {
  return `signers.${place.namespace}.${network.name}`;
}

function rule(resource: string, ...operations: readonly ('CREATE' | 'UPDATE')[]) {
  return {
    apiGroups: ['apps'],
    apiVersions: ['*'],
    resources: [resource],
    operations: [...operations],
  };
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
