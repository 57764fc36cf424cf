// Shows openapi.json. Whatever the document or an answer says is put into the page as text, never as markup.

const documentPath = '/api/openapi.json';
const methods = ['get', 'put', 'post', 'delete', 'patch'];

/** A new element. Attributes that are null or false are left out; children are elements or text, nested as they like. */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  return fill(made, ...children);
}

/** Puts children, nested as they like, in the place of those that a node has. */
function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(child => child !== null && child !== undefined));
  return node;
}

// ---- The document ----

let api;

function resolve(reference) {
  return reference.slice(2).split('/')
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((value, step) => value[step], api);
}

/** What a reference stands for: what is beside it adds to its target or takes its place. */
function follow(node) {
  if (!node.$ref) return node;
  const { $ref, ...beside } = node;
  const target = follow(resolve($ref));
  const properties = { ...target.properties };
  for (const [name, property] of Object.entries(beside.properties ?? {})) {
    if (property === false) delete properties[name];
    else if (property.$ref || !properties[name]) properties[name] = property;
    else properties[name] = { ...follow(properties[name]), ...property };
  }
  return {
    ...target,
    ...beside,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(target.required?.map && { required: [...target.required, ...(beside.required ?? [])] }),
  };
}

const nameOf = reference => reference.split('/').at(-1);
const schemaId = name => `schema-${name}`;
const statusClass = status => `status-${String(status)[0]}`;

/** What a value looks like, in a few words and links. */
function describeType(schema) {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    const link = element('a', { href: `#${schemaId(name)}` }, name);
    return Object.keys(schema).some(key => !['$ref', 'description'].includes(key)) ? ['based on ', link] : [link];
  }
  if (schema.oneOf) return join(schema.oneOf.map(describeType), ' or ');
  if ('const' in schema) return ['always ', element('code', null, JSON.stringify(schema.const))];
  if (schema.enum) return join(schema.enum.map(value => [element('code', null, String(value))]), ', ');
  if (schema.type === 'array') return ['array of ', describeType(schema.items)];
  return [[schema.type ?? 'any'].flat().join(' or ')];
}

function join(parts, separator) {
  return parts.flatMap((part, i) => (i === 0 ? [part] : [separator, part]));
}

/** What else a value must be. */
function describeLimits(schema) {
  if ('const' in schema) return null;
  const limits = [];
  const range = (least, most, unit) => {
    if (least !== undefined && most !== undefined) limits.push(`${least} to ${most}${unit}`);
    else if (least === 1 && unit) limits.push('not empty');
    else if (least !== undefined) limits.push(`at least ${least}${unit}`);
    else if (most !== undefined) limits.push(`at most ${most}${unit}`);
  };
  range(schema.minimum, schema.maximum, '');
  range(schema.minLength, schema.maxLength, ' characters');
  range(schema.minItems, schema.maxItems, ' items');
  if (schema.default !== undefined) limits.push(`${schema.default} if absent`);
  if (schema.format) limits.push(schema.format);
  if (schema.propertyNames?.enum) limits.push(`members: ${schema.propertyNames.enum.join(', ')}`);
  return limits.length > 0 ? element('div', { class: 'limits' }, limits.join('; ')) : null;
}

// ---- Its parts, as elements ----

function table(label, columns, rows) {
  return element('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': label },
    element('table', null,
      element('thead', null, element('tr', null, columns.map(column => element('th', { scope: 'col' }, column)))),
      element('tbody', null, rows.map(([head, ...cells]) =>
        element('tr', null, element('th', { scope: 'row' }, head), cells.map(cell => element('td', null, cell)))))));
}

function code(label, text) {
  return element('pre', { tabindex: 0, role: 'group', 'aria-label': label }, element('code', null, text));
}

function fields(label, schema) {
  const { properties, required = [] } = follow(schema);
  if (!properties) return null;
  return table(label, ['Member', 'Type', 'Description'], Object.entries(properties).map(([name, property]) => [
    [element('code', null, name), required.includes(name) ? null : element('div', { class: 'limits' }, 'optional')],
    [describeType(property), property.$ref ? null : describeLimits(property)],
    follow(property).description ?? '',
  ]));
}

function content(what, media) {
  return Object.entries(media ?? {}).map(([type, { schema, examples = {} }]) => [
    element('p', null, element('code', null, type), ': ', describeType(schema)),
    fields(`Members of ${what}`, schema),
    Object.values(examples).map(example => [
      element('p', { class: 'example' }, `Example: ${example.summary}`),
      code(`Example: ${example.summary}`, JSON.stringify(example.value, null, 2)),
    ]),
  ]);
}

function parameters(list) {
  if (list.length === 0) return null;
  return [
    element('h3', null, 'Parameters'),
    table('Parameters', ['Name', 'In', 'Type', 'Description'], list.map(parameter => [
      [element('code', null, parameter.name), element('div', { class: 'limits' }, parameter.required ? 'required' : 'optional')],
      parameter.in,
      [describeType(parameter.schema), describeLimits(follow(parameter.schema))],
      parameter.description,
    ])),
  ];
}

function answer(status, response) {
  const headers = Object.entries(response.headers ?? {}).map(([name, header]) => [name, follow(header)]);
  return element('details', null,
    element('summary', null, element('strong', { class: statusClass(status) }, status), ` ${response.description}`),
    headers.length > 0
      ? table(`Headers of ${status}`, ['Header', 'Type', 'Description'], headers.map(([name, header]) =>
        [element('code', null, name), describeType(header.schema), header.description]))
      : null,
    response.content ? content(`the answer ${status}`, response.content) : element('p', null, 'No body.'));
}

function operation(path, method, definition, shared) {
  const list = [...shared, ...(definition.parameters ?? [])].map(follow);
  const title = `${definition.operationId}-title`;
  const keys = (definition.security ?? api.security ?? []).flatMap(Object.keys).map(name => api.components.securitySchemes[name]);
  return element('section', { id: definition.operationId, 'aria-labelledby': title },
    element('h2', { id: title }, definition.summary),
    element('p', { class: 'route' }, element('span', { class: `method ${method}` }, method.toUpperCase()), ' ', element('code', null, path)),
    element('p', null, definition.description),
    keys.map(key => element('p', null, 'Key: ', element('code', null, key.name), ` (${key.in}). ${key.description}`)),
    parameters(list),
    definition.requestBody
      ? [
        element('h3', null, 'Body'),
        element('p', null, definition.requestBody.description),
        content('the body', definition.requestBody.content),
      ]
      : null,
    element('h3', null, 'Answers'),
    Object.entries(definition.responses).map(([status, response]) => answer(status, follow(response))),
    trial(path, method, definition, list));
}

function schemaSection([name, schema]) {
  const whole = follow(schema);
  return element('section', { id: schemaId(name), 'aria-labelledby': `${schemaId(name)}-title` },
    element('h3', { id: `${schemaId(name)}-title` }, name),
    element('p', null, whole.description),
    whole.properties
      ? fields(`Members of ${name}`, schema)
      : element('p', null, describeType(whole), describeLimits(whole)));
}

// ---- Try it ----

/** One input for each parameter and the body, and what the app answers. */
function trial(path, method, definition, list) {
  const id = name => `${definition.operationId}-${name}`;
  const bodyExamples = Object.values(definition.requestBody?.content['application/json'].examples ?? {});
  const pretty = example => JSON.stringify(example.value, null, 2);
  const body = bodyExamples.length > 0
    ? element('textarea', { id: id('body'), rows: 6, spellcheck: 'false' }, pretty(bodyExamples[0]))
    : null;
  const inputs = list.map(parameter => ({ parameter, input: inputFor(parameter, id(parameter.name)) }));
  const status = element('p', { role: 'status' });
  const result = element('div', null);

  const send = async event => {
    event.preventDefault();
    const values = place => inputs.filter(({ parameter, input }) => parameter.in === place && input.value !== '')
      .map(({ parameter, input }) => [parameter.name, input.value]);
    const query = new URLSearchParams(values('query')).toString();
    const url = values('path').reduce((whole, [name, value]) => whole.replace(`{${name}}`, encodeURIComponent(value)), path)
      + (query && `?${query}`);
    fill(status, 'Waiting for the answer …');
    fill(result);
    const started = performance.now();
    try {
      const headers = new Headers(values('header'));
      const key = document.getElementById('key').value;
      if (key) headers.set('x-functions-key', key);
      if (body) headers.set('Content-Type', 'application/json');
      const response = await fetch(url, { method: method.toUpperCase(), headers, body: body?.value });
      const text = await response.text();
      const milliseconds = Math.round(performance.now() - started);
      fill(status, element('strong', { class: statusClass(response.status) }, response.status), ` ${response.statusText}, ${milliseconds} ms`);
      showAnswer(result, response, text);
    } catch (error) {
      fill(status, `No answer: ${error.message}`);
    }
  };

  return element('details', { class: 'trial' },
    element('summary', null, 'Try it'),
    element('form', { submit: send, autocomplete: 'off' },
      inputs.map(({ parameter, input }) => element('p', null,
        element('label', { for: input.id }, `${parameter.name}${parameter.required ? '' : ' (optional)'}`), input)),
      body
        ? [
          element('p', null,
            element('label', { for: id('example') }, 'Example'),
            element('select', { id: id('example'), change: event => { body.value = pretty(bodyExamples[event.target.value]); } },
              bodyExamples.map((example, i) => element('option', { value: i }, example.summary)))),
          element('p', null, element('label', { for: body.id }, 'Body'), body),
        ]
        : null,
      element('p', null, element('button', { type: 'submit' }, `Send ${method.toUpperCase()}`))),
    status,
    result);
}

function inputFor(parameter, id) {
  const schema = follow(parameter.schema);
  if (schema.enum) {
    return element('select', { id }, schema.enum.map(value =>
      element('option', { value, selected: value === parameter.example }, value)));
  }
  return element('input', {
    id,
    'data-parameter': parameter.name,
    type: schema.type === 'integer' ? 'number' : 'text',
    required: parameter.required,
    min: schema.minimum,
    max: schema.maximum,
    maxlength: schema.maxLength,
    spellcheck: 'false',
  });
}

function showAnswer(result, response, text) {
  let shown = text;
  try {
    const json = JSON.parse(text);
    shown = JSON.stringify(json, null, 2);
    // What was just submitted is what one wants to read or review next.
    if (response.ok && typeof json.id === 'string') {
      for (const input of document.querySelectorAll('input[data-parameter="id"]')) input.value = json.id;
    }
  } catch {
    // It is shown as it came.
  }
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  fill(
    result,
    code('Headers of the answer', headers),
    text === '' ? element('p', null, 'No body.') : code('Body of the answer', shown));
}

// ---- The page ----

function show() {
  const operations = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.keys(item).filter(key => methods.includes(key)).map(method => ({ path, method, definition: item[method], shared: item.parameters ?? [] })));
  const schemas = Object.entries(api.components.schemas);

  document.title = `${api.info.title}: API documentation`;
  fill(
    document.getElementById('contents'),
    api.tags.map(tag => [
      element('h2', null, tag.name),
      element('ul', null, operations.filter(({ definition }) => definition.tags.includes(tag.name)).map(({ method, definition }) =>
        element('li', null, element('a', { href: `#${definition.operationId}` },
          element('span', { class: `method ${method}` }, method.toUpperCase()), ` ${definition.summary}`)))),
    ]),
    element('h2', null, 'Schemas'),
    element('ul', null, schemas.map(([name]) => element('li', null, element('a', { href: `#${schemaId(name)}` }, name)))));

  fill(
    document.getElementById('content'),
    element('header', null,
      element('h1', null, api.info.title, ' ', element('small', null, api.info.version)),
      element('p', { class: 'summary' }, api.info.summary),
      element('p', null, api.info.description),
      element('p', null, 'For programs: ', element('a', { href: documentPath }, 'openapi.json'), ` (OpenAPI ${api.openapi}).`),
      element('p', null,
        element('label', { for: 'key' }, 'Function key for trying it (optional, is not kept)'),
        element('input', { id: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false' }))),
    operations.map(({ path, method, definition, shared }) => operation(path, method, definition, shared)),
    element('section', { id: 'schemas', 'aria-labelledby': 'schemas-title' },
      element('h2', { id: 'schemas-title' }, 'Schemas'),
      schemas.map(schemaSection)));

  // The target was not there yet when the browser looked for it.
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

try {
  const response = await fetch(documentPath);
  if (!response.ok) throw new Error(`it is answered ${response.status}`);
  api = await response.json();
  show();
} catch (error) {
  fill(document.getElementById('content'), element('p', { role: 'alert' }, `The document cannot be shown: ${error.message}.`));
}
