import type { Clock } from '../../core/clock.ts';
import { AwsError, type Engine, type Json, type Place } from '../aws.ts';
import { checkParameter, checkPath, type ParameterVersion, pageOf, passes, type SsmInput } from './ssm-parameters.ts';

/** What the engine needs from outside. */
export interface SsmDeps {
  readonly clock: Clock;
  readonly place: Place;
}

interface World extends SsmDeps {
  /** Versions of a parameter, oldest first; never empty. */
  readonly parameters: Map<string, readonly ParameterVersion[]>;
  readonly tags: Map<string, Map<string, string>>;
}

/** AWS Systems Manager User Guide, "Working with parameter versions". */
const MAX_VERSIONS = 100;

/**
 * The Parameter Store of Systems Manager: parameters with their versions. A SecureString is kept as it is; read without decryption it
 * shows a stand-in, never the value.
 */
export function createSsm(deps: SsmDeps): Engine {
  const world: World = { ...deps, parameters: new Map(), tags: new Map() };
  return {
    service: 'ssm',
    call({ action, input }) {
      const perform = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
      if (perform === undefined) throw new AwsError('UnknownOperationException', `The embedded Parameter Store has no action ${action}.`);
      return perform(world, input as SsmInput);
    },
  };
}

const notFound = (name: string) => new AwsError('ParameterNotFound', `Parameter ${name} not found.`);

function put({ parameters, clock }: World, input: SsmInput): Json {
  const { Name: name = '', Value: value = '' } = input;
  const before = parameters.get(name) ?? [];
  const last = before.at(-1);
  const type = input.Type ?? last?.type ?? '';
  checkParameter(input, type);
  if (last !== undefined && input.Overwrite !== true) {
    throw new AwsError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  }
  const tier = input.Tier ?? last?.tier ?? 'Standard';
  const version = (last?.version ?? 0) + 1;
  const made = { name, value, type, tier, version, modified: clock.now() / 1000, description: input.Description ?? last?.description };
  parameters.set(name, [...before, made].slice(-MAX_VERSIONS));
  return { Version: version, Tier: tier };
}

/** The version that `name`, `name:3` or an ARN selects. */
function find({ parameters }: World, selector: string): { version: ParameterVersion; suffix: string } | undefined {
  const path = selector.startsWith('arn:') ? `/${selector.split(':parameter/')[1] ?? ''}` : selector;
  const [base = '', suffix] = path.split(':');
  // The ARN of `name` and of `/name` are the same text.
  const versions = parameters.get(base) ?? (selector.startsWith('arn:') ? parameters.get(base.slice(1)) : undefined);
  const version = suffix === undefined ? versions?.at(-1) : versions?.find((one) => String(one.version) === suffix);
  return version && { version, suffix: suffix === undefined ? '' : `:${suffix}` };
}

function show({ place }: World, version: ParameterVersion, decrypt: boolean): Json {
  const { name, type, value } = version;
  const arn = `arn:aws:ssm:${place.region}:${place.accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`;
  const isHidden = type === 'SecureString' && !decrypt;
  return {
    Name: name,
    Type: type,
    Value: isHidden ? Buffer.from(`encrypted:${arn}:${version.version}`).toString('base64') : value,
    Version: version.version,
    LastModifiedDate: version.modified,
    ARN: arn,
    DataType: 'text',
  };
}

function showSelected(world: World, selector: string, decrypt: boolean): Json | undefined {
  const found = find(world, selector);
  return found && { ...show(world, found.version, decrypt), ...(found.suffix !== '' && { Selector: found.suffix }) };
}

function get(world: World, { Name: name = '', WithDecryption = false }: SsmInput): Json {
  const Parameter = showSelected(world, name, WithDecryption);
  if (Parameter === undefined) throw notFound(name);
  return { Parameter };
}

function getMany(world: World, { Names: names = [], WithDecryption = false }: SsmInput): Json {
  const shown = names.map((name) => ({ name, parameter: showSelected(world, name, WithDecryption) }));
  return {
    Parameters: shown.flatMap(({ parameter }) => parameter ?? []),
    InvalidParameters: shown.filter(({ parameter }) => parameter === undefined).map(({ name }) => name),
  };
}

const latest = ({ parameters }: World, names: readonly string[]): ParameterVersion[] =>
  names.flatMap((name) => parameters.get(name)?.at(-1) ?? []);

function byPath(world: World, input: SsmInput): Json {
  checkPath(input);
  const path = `${(input.Path ?? '/').replace(/\/$/, '')}/`;
  const isBelow = (name: string) => name.startsWith(path) && (input.Recursive === true || !name.slice(path.length).includes('/'));
  const { items, next } = pageOf([...world.parameters.keys()].filter(isBelow).sort(), input);
  return { Parameters: latest(world, items).map((version) => show(world, version, input.WithDecryption === true)), ...next };
}

function describe(world: World, input: SsmInput): Json {
  const filters = input.ParameterFilters ?? [];
  const names = [...world.parameters.keys()].filter((name) => filters.every((filter) => passes(name, filter)));
  const { items, next } = pageOf(names.sort(), input);
  const Parameters = latest(world, items).map((version) => {
    const { Value: _, ...shown } = show(world, version, false);
    return { ...shown, Tier: version.tier, ...(version.description !== undefined && { Description: version.description }) };
  });
  return { Parameters, ...next };
}

function history(world: World, { Name: name = '', WithDecryption = false }: SsmInput): Json {
  const versions = world.parameters.get(name);
  if (versions === undefined) throw notFound(name);
  return { Parameters: versions.map((version) => show(world, version, WithDecryption)) };
}

function remove({ parameters, tags }: World, names: readonly string[]): string[] {
  return names.filter((name) => {
    tags.delete(name);
    return parameters.delete(name);
  });
}

function tagsOf({ parameters, tags }: World, name = ''): Map<string, string> {
  if (!parameters.has(name)) throw new AwsError('InvalidResourceId', `The resource ID ${name} is not valid.`);
  const found = tags.get(name) ?? new Map<string, string>();
  tags.set(name, found);
  return found;
}

const ACTIONS: Readonly<Record<string, (world: World, input: SsmInput) => Json>> = {
  PutParameter: put,
  GetParameter: get,
  GetParameters: getMany,
  GetParametersByPath: byPath,
  GetParameterHistory: history,
  DescribeParameters: describe,
  DeleteParameter(world, { Name: name = '' }) {
    if (remove(world, [name]).length === 0) throw notFound(name);
    return {};
  },
  DeleteParameters(world, { Names: names = [] }) {
    const DeletedParameters = remove(world, names);
    return { DeletedParameters, InvalidParameters: names.filter((name) => !DeletedParameters.includes(name)) };
  },
  AddTagsToResource(world, { ResourceId, Tags = [] }) {
    const tags = tagsOf(world, ResourceId);
    for (const { Key, Value } of Tags) tags.set(Key, Value);
    return {};
  },
  RemoveTagsFromResource(world, { ResourceId, TagKeys = [] }) {
    const tags = tagsOf(world, ResourceId);
    for (const key of TagKeys) tags.delete(key);
    return {};
  },
  ListTagsForResource: (world, { ResourceId }) => ({ TagList: [...tagsOf(world, ResourceId)].map(([Key, Value]) => ({ Key, Value })) }),
};
