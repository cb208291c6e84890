import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIELD_MANAGER } from '../../file/graph/index.ts';
import { ownedPart } from './owned-part.ts';

const FIELDS = {
  'f:metadata': { 'f:labels': { 'f:a': {} } },
  'f:spec': {
    'f:template': {
      'f:spec': {
        'f:containers': {
          'k:{"name":"node"}': {
            '.': {},
            'f:name': {},
            'f:image': {},
            'f:args': {},
            'f:ports': { 'k:{"containerPort":1,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
          },
        },
      },
    },
    'f:finalizers': { 'v:"ours"': {} },
  },
};

const LIVE = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: {
    name: 'rpc',
    namespace: 'nodes',
    uid: 'u',
    labels: { a: '1', theirs: '2' },
    managedFields: [
      { manager: 'other', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
      { manager: FIELD_MANAGER, operation: 'Apply', fieldsV1: FIELDS },
    ],
  },
  spec: {
    replicas: 7,
    finalizers: ['theirs', 'ours'],
    template: {
      spec: {
        dnsPolicy: 'ClusterFirst',
        containers: [
          { name: 'sidecar', image: 's' },
          {
            name: 'node',
            image: 'n',
            args: ['--a', '--b'],
            imagePullPolicy: 'Always',
            ports: [
              { containerPort: 1, protocol: 'TCP' },
              { containerPort: 2, protocol: 'TCP' },
            ],
          },
        ],
      },
    },
  },
};

test('what we applied is read back without defaults and without what others set', () => {
  assert.deepEqual(ownedPart(LIVE), {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'rpc', namespace: 'nodes', labels: { a: '1' } },
    spec: {
      finalizers: ['ours'],
      template: {
        spec: {
          containers: [{ name: 'node', image: 'n', args: ['--a', '--b'], ports: [{ containerPort: 1 }] }],
        },
      },
    },
  });
});

test('an object without fields of ours has no such part', () => {
  const managedFields = [{ manager: FIELD_MANAGER, operation: 'Update', fieldsV1: FIELDS }];
  assert.equal(ownedPart({ ...LIVE, metadata: { ...LIVE.metadata, managedFields } }), null);
});
