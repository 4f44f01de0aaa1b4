export const handler = async (event) => ({
  statusCode: 200,
  body: JSON.stringify({ path: event.rawPath, query: event.rawQueryString, body: event.body }),
});
