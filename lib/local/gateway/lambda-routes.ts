import { type RestRoute, route } from './rest-routes.ts';

const QUALIFIER = { query: { Qualifier: 'Qualifier' } };
const PAGE = { query: { Marker: 'Marker', MaxItems: 'MaxItems' } };

/** AWS Lambda API Reference: the actions of functions, aliases, versions, permissions, URLs, concurrency and event source mappings. */
export const LAMBDA_ROUTES: readonly RestRoute[] = [
  route('Invoke POST /2015-03-31/functions/{FunctionName}/invocations 200', {
    query: { Qualifier: 'Qualifier' },
    headers: { 'x-amz-invocation-type': 'InvocationType', 'x-amz-log-type': 'LogType', 'x-amz-client-context': 'ClientContext' },
    payload: 'Payload',
    answerStatus: 'StatusCode',
    answerHeaders: {
      FunctionError: 'x-amz-function-error',
      LogResult: 'x-amz-log-result',
      ExecutedVersion: 'x-amz-executed-version',
    },
  }),
  route('InvokeAsync POST /2014-11-13/functions/{FunctionName}/invoke-async 202', { payload: 'InvokeArgs', answerStatus: 'Status' }),
  route('CreateFunction POST /2015-03-31/functions 201'),
  route('ListFunctions GET /2015-03-31/functions 200', {
    query: { Marker: 'Marker', MaxItems: 'MaxItems', FunctionVersion: 'FunctionVersion', MasterRegion: 'MasterRegion' },
  }),
  route('GetFunction GET /2015-03-31/functions/{FunctionName} 200', QUALIFIER),
  route('DeleteFunction DELETE /2015-03-31/functions/{FunctionName} 204', QUALIFIER),
  route('GetFunctionConfiguration GET /2015-03-31/functions/{FunctionName}/configuration 200', QUALIFIER),
  route('UpdateFunctionConfiguration PUT /2015-03-31/functions/{FunctionName}/configuration 200'),
  route('UpdateFunctionCode PUT /2015-03-31/functions/{FunctionName}/code 200'),
  route('PublishVersion POST /2015-03-31/functions/{FunctionName}/versions 201'),
  route('ListVersionsByFunction GET /2015-03-31/functions/{FunctionName}/versions 200', PAGE),
  route('CreateAlias POST /2015-03-31/functions/{FunctionName}/aliases 201'),
  route('ListAliases GET /2015-03-31/functions/{FunctionName}/aliases 200', {
    query: { Marker: 'Marker', MaxItems: 'MaxItems', FunctionVersion: 'FunctionVersion' },
  }),
  route('GetAlias GET /2015-03-31/functions/{FunctionName}/aliases/{Name} 200'),
  route('UpdateAlias PUT /2015-03-31/functions/{FunctionName}/aliases/{Name} 200'),
  route('DeleteAlias DELETE /2015-03-31/functions/{FunctionName}/aliases/{Name} 204'),
  route('AddPermission POST /2015-03-31/functions/{FunctionName}/policy 201', QUALIFIER),
  route('GetPolicy GET /2015-03-31/functions/{FunctionName}/policy 200', QUALIFIER),
  route('RemovePermission DELETE /2015-03-31/functions/{FunctionName}/policy/{StatementId} 204', {
    query: { Qualifier: 'Qualifier', RevisionId: 'RevisionId' },
  }),
  route('CreateFunctionUrlConfig POST /2021-10-31/functions/{FunctionName}/url 201', QUALIFIER),
  route('GetFunctionUrlConfig GET /2021-10-31/functions/{FunctionName}/url 200', QUALIFIER),
  route('UpdateFunctionUrlConfig PUT /2021-10-31/functions/{FunctionName}/url 200', QUALIFIER),
  route('DeleteFunctionUrlConfig DELETE /2021-10-31/functions/{FunctionName}/url 204', QUALIFIER),
  route('ListFunctionUrlConfigs GET /2021-10-31/functions/{FunctionName}/urls 200', PAGE),
  route('PutFunctionConcurrency PUT /2017-10-31/functions/{FunctionName}/concurrency 200'),
  route('GetFunctionConcurrency GET /2019-09-30/functions/{FunctionName}/concurrency 200'),
  route('DeleteFunctionConcurrency DELETE /2017-10-31/functions/{FunctionName}/concurrency 204'),
  route('PutProvisionedConcurrencyConfig PUT /2019-09-30/functions/{FunctionName}/provisioned-concurrency 202', QUALIFIER),
  route('ListProvisionedConcurrencyConfigs GET /2019-09-30/functions/{FunctionName}/provisioned-concurrency?List 200', PAGE),
  route('GetProvisionedConcurrencyConfig GET /2019-09-30/functions/{FunctionName}/provisioned-concurrency 200', QUALIFIER),
  route('DeleteProvisionedConcurrencyConfig DELETE /2019-09-30/functions/{FunctionName}/provisioned-concurrency 204', QUALIFIER),
  route('PutFunctionEventInvokeConfig PUT /2019-09-25/functions/{FunctionName}/event-invoke-config 200', QUALIFIER),
  route('UpdateFunctionEventInvokeConfig POST /2019-09-25/functions/{FunctionName}/event-invoke-config 200', QUALIFIER),
  route('GetFunctionEventInvokeConfig GET /2019-09-25/functions/{FunctionName}/event-invoke-config 200', QUALIFIER),
  route('DeleteFunctionEventInvokeConfig DELETE /2019-09-25/functions/{FunctionName}/event-invoke-config 204', QUALIFIER),
  route('CreateEventSourceMapping POST /2015-03-31/event-source-mappings 202'),
  route('ListEventSourceMappings GET /2015-03-31/event-source-mappings 200', {
    query: { EventSourceArn: 'EventSourceArn', FunctionName: 'FunctionName', Marker: 'Marker', MaxItems: 'MaxItems' },
  }),
  route('GetEventSourceMapping GET /2015-03-31/event-source-mappings/{UUID} 200'),
  route('UpdateEventSourceMapping PUT /2015-03-31/event-source-mappings/{UUID} 202'),
  route('DeleteEventSourceMapping DELETE /2015-03-31/event-source-mappings/{UUID} 202'),
  route('GetAccountSettings GET /2016-08-19/account-settings 200'),
  route('PutFunctionRecursionConfig PUT /2024-08-31/functions/{FunctionName}/recursion-config 200'),
  route('GetFunctionRecursionConfig GET /2024-08-31/functions/{FunctionName}/recursion-config 200'),
  route('ListTags GET /2017-03-31/tags/{Resource} 200'),
  route('TagResource POST /2017-03-31/tags/{Resource} 204'),
  route('UntagResource DELETE /2017-03-31/tags/{Resource} 204', { query: { tagKeys: 'TagKeys' } }),
];
