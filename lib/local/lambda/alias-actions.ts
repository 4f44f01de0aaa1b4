import type { Json } from '../aws.ts';
import { type ControlPlane, checkRevision, invalidParameter, type LambdaActions, page, resourceConflict } from './control-plane.ts';
import { functionArn } from './function-name.ts';
import { type FunctionAlias, type FunctionEntry, functionNotFound, resourceNotFound } from './function-store.ts';

/** Aliases: names for versions. */
export function aliasActions(plane: ControlPlane): LambdaActions {
  const { store, ids } = plane;

  function find(input: Json): { entry: FunctionEntry; alias: FunctionAlias } {
    const entry = store.entry(input['FunctionName']);
    const alias = entry.aliases.get(String(input['Name']));
    if (!alias) throw resourceNotFound(`Cannot find alias arn: ${functionArn(plane.place, entry.name, String(input['Name']))}`);
    return { entry, alias };
  }

  function write(entry: FunctionEntry, input: Json, stored?: FunctionAlias): Json {
    const routing = input['RoutingConfig'] as { AdditionalVersionWeights?: Record<string, number> } | undefined;
    const alias: FunctionAlias = {
      name: String(input['Name']),
      version: String(input['FunctionVersion'] ?? stored?.version ?? ''),
      description: String(input['Description'] ?? stored?.description ?? ''),
      weights: routing ? (routing.AdditionalVersionWeights ?? {}) : (stored?.weights ?? {}),
      revisionId: ids.next(),
    };
    for (const version of [alias.version, ...Object.keys(alias.weights)]) {
      if (version !== '$LATEST' && !entry.versions.has(version)) throw functionNotFound(functionArn(plane.place, entry.name, version));
    }
    if (Object.values(alias.weights).some((weight) => weight < 0 || weight > 1))
      throw invalidParameter('A version weight must be between 0 and 1.');
    entry.aliases.set(alias.name, alias);
    warmAgain(plane, entry, alias.name);
    return describeAlias(plane, entry, alias);
  }

  return {
    CreateAlias(input) {
      const entry = store.entry(input['FunctionName']);
      const name = String(input['Name'] ?? '');
      if (!/^(?!\d+$)[\w-]{1,128}$/.test(name))
        throw invalidParameter(`An alias name must not be a number and may have letters, digits, - and _, got '${name}'`);
      if (entry.aliases.has(name)) throw resourceConflict(`Alias already exists: ${functionArn(plane.place, entry.name, name)}`);
      return write(entry, input);
    },
    UpdateAlias(input) {
      const { entry, alias } = find(input);
      checkRevision(input, alias.revisionId);
      return write(entry, input, alias);
    },
    GetAlias(input) {
      const { entry, alias } = find(input);
      return describeAlias(plane, entry, alias);
    },
    DeleteAlias(input) {
      const entry = store.entry(input['FunctionName']);
      entry.aliases.delete(String(input['Name']));
      return {};
    },
    ListAliases(input) {
      const entry = store.entry(input['FunctionName']);
      const wanted = [...entry.aliases.values()].filter(
        (alias) => input['FunctionVersion'] === undefined || alias.version === input['FunctionVersion'],
      );
      return page(
        wanted.map((alias) => describeAlias(plane, entry, alias)),
        input,
        'Aliases',
      );
    },
  };
}

/** Provisioned concurrency follows an alias to its new version. */
function warmAgain(plane: ControlPlane, entry: FunctionEntry, alias: string): void {
  const count = entry.provisioned.get(alias);
  if (count !== undefined) plane.keepWarm(plane.store.resolve(entry.name, alias), count);
}

function describeAlias(plane: ControlPlane, entry: FunctionEntry, alias: FunctionAlias): Json {
  return {
    AliasArn: functionArn(plane.place, entry.name, alias.name),
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    ...(Object.keys(alias.weights).length === 0 ? {} : { RoutingConfig: { AdditionalVersionWeights: alias.weights } }),
    RevisionId: alias.revisionId,
  };
}
