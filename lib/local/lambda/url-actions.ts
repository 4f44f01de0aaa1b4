import type { Json } from '../aws.ts';
import { type ControlPlane, invalidParameter, type LambdaActions, page, resourceConflict } from './control-plane.ts';
import { functionArn } from './function-name.ts';
import { type FunctionEntry, type FunctionUrl, resourceNotFound } from './function-store.ts';

/** Function URLs: the configuration; the gateway serves them. */
export function urlActions(plane: ControlPlane): LambdaActions {
  const { store, clock, ids } = plane;

  function find(input: Json): { entry: FunctionEntry; key: string; url: FunctionUrl | undefined } {
    const { entry, qualifier } = store.resolve(input['FunctionName'], input['Qualifier']);
    const key = qualifier ?? '';
    if (key === '$LATEST' || /^\d+$/.test(key))
      throw invalidParameter('A function URL can belong to a function or an alias only, not to a version.');
    return { entry, key, url: entry.urls.get(key) };
  }

  function existing(input: Json): { entry: FunctionEntry; key: string; url: FunctionUrl } {
    const { entry, key, url } = find(input);
    if (!url) throw resourceNotFound();
    return { entry, key, url };
  }

  return {
    CreateFunctionUrlConfig(input) {
      const { entry, key, url } = find(input);
      if (url)
        throw resourceConflict(
          `FunctionUrlConfig exists for this Lambda function ${functionArn(plane.place, entry.name, key || undefined)}`,
        );
      const now = clock.now();
      const created = { ...settingsOf(input), urlId: ids.next().replaceAll('-', ''), createdAt: now, modifiedAt: now };
      entry.urls.set(key, created);
      return describeUrl(plane, entry, { key, url: created });
    },
    UpdateFunctionUrlConfig(input) {
      const { entry, key, url } = existing(input);
      const updated = { ...url, ...settingsOf(input, url), modifiedAt: clock.now() };
      entry.urls.set(key, updated);
      return describeUrl(plane, entry, { key, url: updated });
    },
    GetFunctionUrlConfig(input) {
      const { entry, key, url } = existing(input);
      return describeUrl(plane, entry, { key, url });
    },
    DeleteFunctionUrlConfig(input) {
      const { entry, key } = existing(input);
      entry.urls.delete(key);
      return {};
    },
    ListFunctionUrlConfigs(input) {
      const entry = store.entry(input['FunctionName']);
      const urls = [...entry.urls].map(([key, url]) => describeUrl(plane, entry, { key, url }));
      return page(urls, input, 'FunctionUrlConfigs');
    },
  };
}

function settingsOf(input: Json, stored?: FunctionUrl): Pick<FunctionUrl, 'authType' | 'cors' | 'invokeMode'> {
  const authType = input['AuthType'] ?? stored?.authType;
  if (authType !== 'NONE' && authType !== 'AWS_IAM') throw invalidParameter(`AuthType must be NONE or AWS_IAM, got ${String(authType)}`);
  const invokeMode = String(input['InvokeMode'] ?? stored?.invokeMode ?? 'BUFFERED');
  if (invokeMode !== 'BUFFERED')
    throw invalidParameter('InvokeMode RESPONSE_STREAM is not supported by the embedded Lambda; use BUFFERED.');
  return { authType, cors: (input['Cors'] as Json | undefined) ?? stored?.cors, invokeMode };
}

function describeUrl(plane: ControlPlane, entry: FunctionEntry, { key, url }: { key: string; url: FunctionUrl }): Json {
  return {
    FunctionUrl: `${plane.place.endpoint}/_url/${url.urlId}/`,
    FunctionArn: functionArn(plane.place, entry.name, key || undefined),
    AuthType: url.authType,
    ...(url.cors ? { Cors: url.cors } : {}),
    InvokeMode: url.invokeMode,
    CreationTime: new Date(url.createdAt).toISOString(),
    LastModifiedTime: new Date(url.modifiedAt).toISOString(),
  };
}
