import type { Json } from '../../aws.ts';
import { array, object } from './properties.ts';

/** The lifecycle rules of a template in the shape of the S3 API. */
export function lifecycleRules(configuration: Json): Json[] {
  return array(configuration, 'Rules').map((rule) => ({
    ...(rule['Id'] === undefined ? {} : { ID: rule['Id'] }),
    Status: rule['Status'],
    Filter: filterOf(rule),
    ...expirationOf(rule),
    ...noncurrentOf(rule),
    ...transitionsOf(rule),
    ...abortOf(rule),
  }));
}

function filterOf(rule: Json): Json {
  const tags = array(rule, 'TagFilters');
  const prefix = rule['Prefix'];
  if (tags.length === 0) return { Prefix: prefix ?? '' };
  if (tags.length === 1 && prefix === undefined) return { Tag: tags[0] };
  return { And: { ...(prefix === undefined ? {} : { Prefix: prefix }), Tags: tags } };
}

function expirationOf(rule: Json): Json {
  if (rule['ExpirationInDays'] !== undefined) return { Expiration: { Days: Number(rule['ExpirationInDays']) } };
  if (rule['ExpirationDate'] !== undefined) return { Expiration: { Date: Date.parse(String(rule['ExpirationDate'])) / 1000 } };
  return rule['ExpiredObjectDeleteMarker'] === true ? { Expiration: { ExpiredObjectDeleteMarker: true } } : {};
}

function noncurrentOf(rule: Json): Json {
  const { NoncurrentDays, NewerNoncurrentVersions } = object(rule, 'NoncurrentVersionExpiration');
  const days = NoncurrentDays ?? rule['NoncurrentVersionExpirationInDays'];
  if (days === undefined) return {};
  return {
    NoncurrentVersionExpiration: {
      NoncurrentDays: Number(days),
      ...(NewerNoncurrentVersions === undefined ? {} : { NewerNoncurrentVersions }),
    },
  };
}

function transitionsOf(rule: Json): Json {
  const transitions = array(rule, 'Transitions').map(({ StorageClass, TransitionInDays }) => ({ StorageClass, Days: TransitionInDays }));
  return transitions.length === 0 ? {} : { Transitions: transitions };
}

function abortOf(rule: Json): Json {
  const abort = rule['AbortIncompleteMultipartUpload'];
  return abort === undefined ? {} : { AbortIncompleteMultipartUpload: abort };
}
