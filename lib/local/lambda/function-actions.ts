import type { Json } from '../aws.ts';
import { type ControlPlane, checkRevision, invalidParameter, type LambdaActions, page, resourceConflict } from './control-plane.ts';
import { checkExecutionRole } from './execution-role.ts';
import { functionArn, parseFunctionName } from './function-name.ts';
import { readFunctionSettings } from './function-settings.ts';
import type { FunctionEntry, FunctionVersion } from './function-store.ts';

/** Creating, reading, changing, publishing and deleting functions. */
export function functionActions(plane: ControlPlane): LambdaActions {
  const { store, ids, clock } = plane;

  function replaceLatest(entry: FunctionEntry, change: Partial<Pick<FunctionVersion, 'settings' | 'code'>>): Json {
    plane.retire(entry.latest);
    entry.latest = { ...entry.latest, ...change, revisionId: ids.next(), modifiedAt: clock.now() };
    return describeVersion(plane, entry, entry.latest);
  }

  /** Publishing what is published already gives the same version (PublishVersion reference). */
  function publish(entry: FunctionEntry, description?: unknown): FunctionVersion {
    const { latest } = entry;
    const last = entry.versions.get(String(entry.lastPublished));
    if (last && last.code === latest.code && sameSettings(last, latest, description)) return last;
    entry.lastPublished += 1;
    const settings = typeof description === 'string' ? { ...latest.settings, description } : latest.settings;
    const version = { ...latest, settings, version: String(entry.lastPublished), revisionId: ids.next(), modifiedAt: clock.now() };
    entry.versions.set(version.version, version);
    return version;
  }

  return {
    async CreateFunction(input, caller) {
      const { name } = parseFunctionName(input['FunctionName']);
      if (store.entries.has(name)) throw resourceConflict(`Function already exist: ${name}`);
      if (input['PackageType'] === 'Image')
        throw invalidParameter('PackageType Image is not supported here: the embedded Lambda runs no containers.');
      const settings = readFunctionSettings(name, input);
      checkExecutionRole(plane, settings);
      const code = await plane.code.load((input['Code'] ?? {}) as Json, caller);
      if (store.entries.has(name)) throw resourceConflict(`Function already exist: ${name}`);
      const entry = store.add(name, { version: '$LATEST', settings, code, revisionId: ids.next(), modifiedAt: clock.now() });
      entry.tags = (input['Tags'] as Record<string, string> | undefined) ?? {};
      return describeVersion(plane, entry, input['Publish'] === true ? publish(entry) : entry.latest);
    },
    GetFunction(input) {
      const { entry, version } = store.resolve(input['FunctionName'], input['Qualifier']);
      return {
        Configuration: describeVersion(plane, entry, version),
        Code: { RepositoryType: 'S3', Location: `file://${version.code.directory}` },
        Tags: entry.tags,
        ...(entry.reserved === undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: entry.reserved } }),
      };
    },
    GetFunctionConfiguration(input) {
      const { entry, version } = store.resolve(input['FunctionName'], input['Qualifier']);
      return describeVersion(plane, entry, version);
    },
    async UpdateFunctionCode(input, caller) {
      const entry = store.entry(input['FunctionName']);
      checkRevision(input, entry.latest.revisionId);
      const code = await plane.code.load(input, caller);
      if (input['DryRun'] === true) return describeVersion(plane, entry, { ...entry.latest, code });
      const output = replaceLatest(entry, { code });
      return input['Publish'] === true ? describeVersion(plane, entry, publish(entry)) : output;
    },
    UpdateFunctionConfiguration(input) {
      const entry = store.entry(input['FunctionName']);
      checkRevision(input, entry.latest.revisionId);
      const settings = readFunctionSettings(entry.name, input, entry.latest.settings);
      checkExecutionRole(plane, settings);
      return replaceLatest(entry, { settings });
    },
    DeleteFunction(input) {
      const { entry, version, qualifier } = store.resolve(input['FunctionName'], input['Qualifier']);
      if (qualifier === undefined) {
        for (const one of [entry.latest, ...entry.versions.values()]) plane.retire(one);
        store.entries.delete(entry.name);
        return {};
      }
      if (!entry.versions.has(qualifier)) throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
      const alias = [...entry.aliases.values()].find((one) => one.version === qualifier || qualifier in one.weights);
      if (alias) throw resourceConflict(`Unable to delete version because the following aliases reference it: [${alias.name}]`);
      plane.retire(version);
      entry.versions.delete(qualifier);
      return {};
    },
    ListFunctions(input) {
      const all = input['FunctionVersion'] === 'ALL';
      const versions = [...store.entries.values()].flatMap((entry) =>
        [entry.latest, ...(all ? entry.versions.values() : [])].map((version) => describeVersion(plane, entry, version)),
      );
      return page(versions, input, 'Functions');
    },
    ListVersionsByFunction(input) {
      const entry = store.entry(input['FunctionName']);
      const versions = [entry.latest, ...entry.versions.values()].map((version) => describeVersion(plane, entry, version));
      return page(versions, input, 'Versions');
    },
    PublishVersion(input) {
      const entry = store.entry(input['FunctionName']);
      checkRevision(input, entry.latest.revisionId);
      const wanted = input['CodeSha256'];
      if (wanted !== undefined && wanted !== entry.latest.code.sha256) {
        throw invalidParameter(
          `CodeSHA256 (${String(wanted)}) is different from current CodeSHA256 in $LATEST (${entry.latest.code.sha256}).`,
        );
      }
      return describeVersion(plane, entry, publish(entry, input['Description']));
    },
  };
}

function sameSettings(published: FunctionVersion, latest: FunctionVersion, description: unknown): boolean {
  const { description: _, ...before } = published.settings;
  const { description: stored, ...now } = latest.settings;
  return JSON.stringify(before) === JSON.stringify(now) && published.settings.description === (description ?? stored);
}

/** The FunctionConfiguration of the API. The name in the ARN carries the version, except for `$LATEST`. */
function describeVersion(
  plane: ControlPlane,
  entry: FunctionEntry,
  { version, settings, code, revisionId, modifiedAt }: FunctionVersion,
): Json {
  const logFormat = settings.jsonLogs ? 'JSON' : 'Text';
  return {
    FunctionName: entry.name,
    FunctionArn: functionArn(plane.place, entry.name, version === '$LATEST' ? undefined : version),
    Runtime: settings.runtime,
    Role: settings.role,
    Handler: settings.handler,
    CodeSize: code.bytes,
    CodeSha256: code.sha256,
    Description: settings.description,
    Timeout: settings.timeoutSeconds,
    MemorySize: settings.memoryMb,
    // The API writes the offset without a colon, e.g. 2026-01-01T00:00:00.000+0000.
    LastModified: new Date(modifiedAt).toISOString().replace('Z', '+0000'),
    Version: version,
    ...(Object.keys(settings.environment).length === 0 ? {} : { Environment: { Variables: settings.environment } }),
    ...(settings.deadLetterArn === undefined ? {} : { DeadLetterConfig: { TargetArn: settings.deadLetterArn } }),
    TracingConfig: { Mode: 'PassThrough' },
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    ...settings.shown,
    RevisionId: revisionId,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    LoggingConfig: { LogFormat: logFormat, LogGroup: settings.logGroup },
  };
}
