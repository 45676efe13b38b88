'use strict';
// What the page is in; tests and styles may ask.
const state = name => { document.documentElement.dataset.state = name; };
const fallback = why => {
  document.getElementById('player').style.display = 'none';
  document.getElementById('strip').style.display = 'block';
  state('strip: ' + why);
};
const film = JSON.parse(document.getElementById('film').textContent);
const byId = id => document.getElementById(id);
const colour = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const AGENTS = ['first', 'second'];

// ---- Data: deflated differences, column by column.

async function unpack() {
  const packed = Uint8Array.from(atob(film.data), c => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let at = 0;
  const column = (length, step, order) => {
    const out = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const folded = bytes[at + i] | bytes[at + length + i] << 8;
      out[i] = folded >> 1 ^ -(folded & 1);
    }
    for (; order > 0; order--) {
      for (let i = 1; i < length; i++) out[i] += out[i - 1];
    }
    at += 2 * length;
    return out.map(number => number * step);
  };
  for (const agent of film.agents) {
    for (const [name, orders, length, step] of agent.columns) {
      agent[name] = Array.from(orders, order => column(length, step, order));
    }
    if (agent.turns) posed(agent);
    let sum = 0;
    agent.totals = agent.rewards[0].map(reward => sum += reward);
    agent.last = agent.rewards[0].length;
  }
  film.last = Math.max(...film.agents.map(agent => agent.last));
}

// ---- Clock: a frame, which need not be whole.

const clock = { at: 0, plays: false, before: 0 };
function play(plays) {
  clock.plays = plays;
  byId('play').textContent = plays ? 'Pause' : 'Play';
}
function seek(frame) {
  clock.at = Math.min(Math.max(frame, 0), film.last);
}
function tick(now) {
  if (clock.plays) {
    clock.at += (now - clock.before) / 1000 / film.seconds * byId('speed').value;
    if (clock.at > film.last) clock.at = 0;
  }
  clock.before = now;
}

// ---- Quaternions, w first.

const turn = ([w, x, y, z], [a, b, c]) => {
  const [i, j, k] = [y * c - z * b + w * a, z * a - x * c + w * b, x * b - y * a + w * c];
  return [a + 2 * (y * k - z * j), b + 2 * (z * i - x * k), c + 2 * (x * j - y * i)];
};
const times = ([a, b, c, d], [e, f, g, h]) => [
  a * e - b * f - c * g - d * h, a * f + b * e + c * h - d * g,
  a * g - b * h + c * e + d * f, a * h + b * g - c * f + d * e];

const back = ([w, x, y, z]) => [w, -x, -y, -z];
const unit = parts => { const size = Math.hypot(...parts) || 1; return parts.map(part => part / size); };

// Poses from turns and gaps: a body turns about a joint's axes, and is where the joint is, but for what its spring gapes.
function posed(agent) {
  const links = film.scene.links, poses = [], own = links.map(() => [1, 0, 0, 0]);
  agent.frames = agent.turns[0].length;
  agent.poses = links.map(() => []);
  for (let frame = 0; frame < agent.frames; frame++) {
    links.forEach(([body, parent, above, below, axes], index) => {
      const read = columns => [0, 1, 2].map(axis => columns[3 * index + axis][frame]);
      const hangs = parent >= 0, base = hangs ? times(poses[parent][1], axes) : axes;
      const turned = read(agent.turns), rest = 1 - turned.reduce((sum, part) => sum + part * part, 0);
      own[index] = unit(times(own[index], unit([Math.sqrt(Math.max(rest, 0)), ...turned])));
      const rotation = unit(times(times(base, own[index]), back(axes)));
      let place = read(agent.gaps);
      if (hangs) {
        const [point, arm] = [turn(poses[parent][1], above), turn(rotation, below)];
        place = place.map((part, k) => part + poses[parent][0][k] + point[k] - arm[k]);
      }
      poses[body] = [place, rotation];
      agent.poses[body].push(poses[body]);
    });
  }
}

// The place and rotation of a body between two pictures, of which one is kept in `film.every` steps.
function pose(agent, body, at) {
  const end = Math.min(at, agent.last), picture = Math.floor(end / film.every), from = picture * film.every;
  const until = Math.min(from + film.every, agent.last), share = until > from ? (end - from) / (until - from) : 0;
  const [place, rotation] = agent.poses[body][picture];
  const [then, turned] = agent.poses[body][Math.min(picture + 1, agent.frames - 1)];
  const side = rotation.reduce((sum, part, k) => sum + part * turned[k], 0) < 0 ? -1 : 1;
  return [place.map((part, k) => part + (then[k] - part) * share),
    unit(rotation.map((part, k) => part + (side * turned[k] - part) * share))];
}

// ---- Bodies: one program, a unit ball that is pulled apart to a capsule, a cube, and the ground.

const VERTEX = `#version 300 es
in vec4 point; in vec3 normal;
uniform mat4 camera; uniform vec3 place, size; uniform vec4 rotation, sun; uniform int mode;
out vec3 facing, world;
vec3 turned(vec3 v) { return v + 2. * cross(rotation.yzw, cross(rotation.yzw, v) + rotation.x * v); }
void main() {
  vec3 local = point.w == 0. ? point.xyz * size : point.xyz * size.x + vec3(0, 0, point.w * size.z);
  world = turned(local) + place;
  if (mode == 2) world -= sun.xyz / sun.z * (world.z - sun.w);
  facing = turned(normal);
  gl_Position = camera * vec4(world, 1);
}`;
const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
in vec3 facing, world; out vec4 result;
uniform vec4 paint, sun; uniform vec3 sky, ground, eye; uniform vec2 tile; uniform int mode;
void main() {
  vec3 shade = paint.rgb;
  float light = .55 + .5 * max(0., dot(normalize(facing), sun.xyz)) + .06 * normalize(facing).z;
  if (mode > 0) {
    vec2 at = world.xy / tile.x, wide = fwidth(at) * 1.5 + 1e-4;
    vec2 wave = 2. * (abs(fract(at * .5 - .25) - .5) - .25) / wide;
    vec2 side = clamp(wave + .5, 0., 1.);
    float check = side.x * (1. - side.y) + side.y * (1. - side.x);
    shade = ground * mix(.9, 1.08, mix(check, .5, clamp(max(wide.x, wide.y) - .3, 0., 1.)));
    light = mode == 2 ? .72 : 1.;
  }
  float fog = mode > 0 ? smoothstep(.35, 1., length(world - eye) / tile.y) : 0.;
  result = vec4(mix(shade * light, sky, fog) * paint.a, paint.a);
}`;
const SUN = [0.38, -0.5, 0.78];

function meshes(gl, program) {
  const mesh = vertices => {
    const array = gl.createVertexArray(), buffer = gl.createBuffer();
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(vertices.flat()), gl.STATIC_DRAW);
    for (const [name, size, start] of [['point', 4, 0], ['normal', 3, 16]]) {
      const location = gl.getAttribLocation(program, name);
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, size, gl.FLOAT, false, 28, start);
    }
    return { array, count: vertices.length };
  };
  const ROUND = 32, rings = [];
  // both hemispheres have the equator, and what is between them becomes the capsule's side
  for (const [from, side] of [[0, 1], [8, -1]]) {
    for (let i = from; i <= from + 8; i++) rings.push([Math.PI * i / 16, side]);
  }
  const ball = [];
  const on = ([down, side], around) => {
    const a = 2 * Math.PI * around / ROUND;
    const p = [Math.sin(down) * Math.cos(a), Math.sin(down) * Math.sin(a), Math.cos(down)];
    return [...p, side, ...p];
  };
  for (let i = 0; i + 1 < rings.length; i++) {
    for (let j = 0; j < ROUND; j++) {
      const [a, b, c, d] = [on(rings[i], j), on(rings[i + 1], j), on(rings[i + 1], j + 1), on(rings[i], j + 1)];
      ball.push(a, b, c, a, c, d);
    }
  }
  const cube = [];
  for (let axis = 0; axis < 3; axis++) {
    for (const side of [-1, 1]) {
      const corner = (a, b) => {
        const p = [0, 0, 0], n = [0, 0, 0];
        p[axis] = n[axis] = side;
        p[(axis + 1) % 3] = a;
        p[(axis + 2) % 3] = b * side;
        return [...p, 0, ...n];
      };
      cube.push(...[[-1, -1], [1, -1], [1, 1], [-1, -1], [1, 1], [-1, 1]].map(([a, b]) => corner(a, b)));
    }
  }
  return { ball: mesh(ball), cube: mesh(cube) };
}

// A colour of the style as three numbers.
function numbers(name) {
  const hex = colour(name);
  return [1, 3, 5].map(k => parseInt(hex.slice(k, k + 2), 16) / 255);
}

function bodies(canvas) {
  const gl = canvas.getContext('webgl2', { antialias: true });
  if (!gl) return null;
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw Error(gl.getProgramInfoLog(program));
  gl.useProgram(program);
  const at = name => gl.getUniformLocation(program, name);
  const uniform = Object.fromEntries(['camera', 'place', 'size', 'rotation', 'sun', 'mode', 'paint', 'sky', 'ground',
    'eye', 'tile'].map(name => [name, at(name)]));
  const { ball, cube } = meshes(gl, program);
  const scene = film.scene, length = Math.hypot(...SUN), sun = SUN.map(part => part / length);
  const home = { yaw: scene.view[0], rise: scene.view[1], far: scene.view[2] };
  const view = { ...home };
  gl.enable(gl.DEPTH_TEST);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);

  function put(mesh, mode, place, rotation, size, paint) {
    gl.bindVertexArray(mesh.array);
    gl.uniform1i(uniform.mode, mode);
    gl.uniform3fv(uniform.place, place);
    gl.uniform4fv(uniform.rotation, rotation);
    gl.uniform3fv(uniform.size, size);
    gl.uniform4fv(uniform.paint, paint);
    gl.drawArrays(gl.TRIANGLES, 0, mesh.count);
  }

  // Where the camera is, and what takes the world to the screen.
  function camera(target, aspect) {
    const back = [Math.cos(view.rise) * Math.cos(view.yaw), Math.cos(view.rise) * Math.sin(view.yaw), Math.sin(view.rise)];
    const eye = target.map((part, k) => part + view.far * back[k]);
    const right = [-Math.sin(view.yaw), Math.cos(view.yaw), 0];
    const up = [back[1] * right[2] - back[2] * right[1], back[2] * right[0] - back[0] * right[2],
      back[0] * right[1] - back[1] * right[0]];
    const rows = [right, up, back], off = rows.map(row => -row.reduce((sum, part, k) => sum + part * eye[k], 0));
    const near = view.far / 50, deep = view.far * 60, lens = 2.4 / Math.max(1, 1.1 / aspect);
    const p = (deep + near) / (near - deep), q = 2 * deep * near / (near - deep), matrix = [];
    for (let column = 0; column < 4; column++) {
      const [x, y, z] = column < 3 ? rows.map(row => row[column]) : off;
      matrix.push(lens / aspect * x, lens * y, p * z + (column === 3 ? q : 0), -z);
    }
    return [eye, matrix];
  }

  function draw(at) {
    const count = film.agents.length, [width, height] = [canvas.width, canvas.height];
    const sky = numbers('sky'), goal = numbers('goal');
    gl.uniform3fv(uniform.sky, sky);
    gl.uniform3fv(uniform.ground, numbers('ground'));
    gl.uniform4fv(uniform.sun, [...sun, scene.ground]);
    gl.clearColor(...sky, 1);
    gl.disable(gl.SCISSOR_TEST);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.SCISSOR_TEST);
    film.agents.forEach((agent, index) => {
      const left = Math.round(width * index / count), wide = Math.round(width * (index + 1) / count) - left;
      gl.viewport(left, 0, wide, height);
      gl.scissor(left, 0, wide, height);
      const [followed] = pose(agent, scene.follow, at);
      const target = [followed[0], followed[1], scene.height];
      const [eye, matrix] = camera(target, wide / height);
      gl.uniformMatrix4fv(uniform.camera, false, matrix);
      gl.uniform3fv(uniform.eye, eye);
      gl.uniform2fv(uniform.tile, [scene.tile, view.far * 6]);
      const first = numbers(AGENTS[index]);
      const paints = depth => [...first.map(part => part + (1 - part) * Math.min(depth * .17, .55)), 1];
      const pieces = scene.pieces.map(([body, kind, centre, rotation, size, depth]) => {
        // a target leaps, and is not seen on its way
        const seen = depth < 0 && at < agent.last ? Math.floor(at / film.every) * film.every : at;
        const [place, turned] = pose(agent, body, seen), arm = turn(turned, centre);
        return { mesh: kind === 'box' ? cube : ball, place: place.map((part, k) => part + arm[k]),
          rotation: times(turned, rotation), size, depth };
      });
      if (scene.ground !== null) {
        put(cube, 1, [eye[0], eye[1], scene.ground], [1, 0, 0, 0], [view.far * 8, view.far * 8, 0], [0, 0, 0, 1]);
        gl.enable(gl.POLYGON_OFFSET_FILL);
        gl.polygonOffset(-2, -8);
        for (const { mesh, place, rotation, size, depth } of pieces) {
          if (depth >= 0) put(mesh, 2, place, rotation, size, [0, 0, 0, 1]);
        }
        gl.disable(gl.POLYGON_OFFSET_FILL);
      }
      for (const { mesh, place, rotation, size, depth } of pieces) {
        if (depth >= 0) put(mesh, 0, place, rotation, size, paints(depth));
      }
      gl.enable(gl.BLEND);
      gl.depthMask(false);
      for (const { mesh, place, rotation, size, depth } of pieces) {
        if (depth < 0) put(mesh, 0, place, rotation, size, [...goal, .4]);
      }
      gl.depthMask(true);
      gl.disable(gl.BLEND);
    });
  }

  const pointers = new Map();
  canvas.onpointerdown = event => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
  };
  canvas.onpointerup = canvas.onpointercancel = event => pointers.delete(event.pointerId);
  const apart = () => { const [a, b] = [...pointers.values()]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };
  canvas.onpointermove = event => {
    const old = pointers.get(event.pointerId);
    if (!old) return;
    const before = pointers.size === 2 ? apart() : 0, now = [event.clientX, event.clientY];
    pointers.set(event.pointerId, now);
    if (before) {
      view.far *= before / Math.max(apart(), 1);
    } else {
      view.yaw -= (now[0] - old[0]) * .008;
      view.rise = Math.min(Math.max(view.rise + (now[1] - old[1]) * .008, .02), 1.5);
    }
  };
  canvas.addEventListener('wheel', event => {
    view.far = Math.min(Math.max(view.far * Math.exp(event.deltaY * .001), home.far / 8), home.far * 8);
    event.preventDefault();
  }, { passive: false });
  byId('home').onclick = () => Object.assign(view, home);
  byId('legend').textContent = 'Drag turns, the wheel zooms. Space plays, arrows step.';
  return draw;
}

// ---- Games: cells, a colour for each kind of thing.

function cells(canvas) {
  const context = canvas.getContext('2d'), { channels, side } = film.scene;
  const paint = channel => `hsl(${(channel * 137.5 + 25) % 360} 65% 55%)`;
  byId('home').style.display = 'none';
  canvas.style.cursor = 'default';
  channels.forEach((name, channel) => {
    const item = byId('legend').appendChild(document.createElement('span')), mark = document.createElement('i');
    mark.style.background = paint(channel);
    item.append(mark, name);
  });
  return at => {
    const count = film.agents.length, width = canvas.width / count, edge = Math.min(width, canvas.height) * .86 / side;
    context.fillStyle = colour('panel');
    context.fillRect(0, 0, canvas.width, canvas.height);
    film.agents.forEach((agent, index) => {
      const frame = Math.min(Math.floor(at), agent.last);
      const left = width * (index + .5) - edge * side / 2, top = (canvas.height - edge * side) * .7;
      for (let cell = 0; cell < side * side; cell++) {
        const [x, y] = [left + cell % side * edge, top + Math.floor(cell / side) * edge];
        const held = channels.map((_, channel) => channel).filter(channel => agent.cells[cell][frame] >> channel & 1);
        context.fillStyle = colour('sky');
        context.fillRect(x + 1, y + 1, edge - 2, edge - 2);
        // several things in a cell share it
        held.forEach((channel, place) => {
          context.fillStyle = paint(channel);
          context.fillRect(x + 1 + (edge - 2) * place / held.length, y + 1, (edge - 2) / held.length, edge - 2);
        });
      }
    });
  };
}

// ---- Traces: rewards, returns, and what the network did.

const traces = [];
function trace(title, height, paint, read) {
  const figure = byId('traces').appendChild(document.createElement('figure'));
  figure.appendChild(document.createElement('figcaption')).textContent = title;
  const canvas = figure.appendChild(document.createElement('canvas'));
  const left = film.chooses ? 120 : 58;
  canvas.style.height = height + 'px';
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', title);
  const frame = event => {
    const box = canvas.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left - left) / (box.width - left) * film.last, 0), film.last);
  };
  canvas.onpointerdown = event => { play(false); seek(frame(event)); };
  canvas.onpointermove = event => {
    if (event.buttons) { play(false); seek(frame(event)); }
    byId('reading').textContent = read(Math.floor(frame(event)), event.offsetY / height);
  };
  const still = document.createElement('canvas');
  traces.push({
    resize() {
      const scale = devicePixelRatio, wide = canvas.clientWidth;
      for (const each of [canvas, still]) [each.width, each.height] = [wide * scale, height * scale];
      const context = still.getContext('2d');
      context.scale(scale, scale);
      context.font = '11px system-ui, sans-serif';
      context.textBaseline = 'middle';
      paint(context, left, wide - left, height);
    },
    draw(at) {
      const context = canvas.getContext('2d'), scale = devicePixelRatio;
      const x = (left + (canvas.clientWidth - left) * at / film.last) * scale;
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(still, 0, 0);
      context.fillStyle = colour('ink');
      context.fillRect(x - .5 * scale, 0, scale, canvas.height - 16 * scale);
    },
  });
}

// Seconds or steps below a picture.
function ticks(context, left, width, height) {
  const whole = film.last * film.seconds, raw = whole / 6, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(k => k * power).find(k => k >= raw);
  context.fillStyle = colour('soft');
  context.textAlign = 'center';
  for (let k = 0; k * step <= whole * 1.0001; k++) {
    const x = left + width * k * step / whole, text = +(k * step / (film.unit === 's' ? 1 : film.seconds)).toPrecision(4);
    context.fillText(text + (k ? '' : ' ' + film.unit), Math.min(Math.max(x, left + 10), left + width - 14), height - 7);
  }
}

const short = number => Math.abs(number) >= 1000 ? number.toFixed(0) : +number.toPrecision(3);

function curve(title, of) {
  const all = film.agents.flatMap(agent => Array.from(of(agent)));
  const low = Math.min(0, ...all), high = Math.max(0, ...all), span = high - low || 1;
  trace(title, 120, (context, left, width, height) => {
    const bottom = height - 18, y = value => 6 + (bottom - 12) * (high - value) / span;
    context.textAlign = 'right';
    for (const value of new Set([low, 0, high])) {
      context.fillStyle = colour('soft');
      // the ends of the scale have room; a 0 close to one of them has not
      const isClear = value === low || value === high || Math.min(y(value) - y(high), y(low) - y(value)) > 12;
      if (isClear) context.fillText(short(value), left - 6, y(value));
      context.fillStyle = colour('line');
      context.fillRect(left, y(value) - .5, width, 1);
    }
    ticks(context, left, width, height);
    film.agents.forEach((agent, index) => {
      context.strokeStyle = colour(AGENTS[index]);
      context.lineWidth = 1.5;
      context.lineJoin = 'round';
      context.beginPath();
      of(agent).forEach((value, step) => context.lineTo(left + width * (step + 1) / film.last, y(value)));
      context.stroke();
    });
  }, step => `step ${step + 1}: ` + film.agents.map(agent =>
    `${agent.label} ${step < agent.last ? short(of(agent)[step]) : 'has ended'}`).join(', '));
}

// Rows of what was done: of choices which one, of numbers blue below 0 and orange above.
function deeds(agent) {
  const names = film.actions, rows = names.length;
  const largest = Math.max(1e-9, ...agent.actions.flatMap(column => Array.from(column, Math.abs)));
  const edge = Math.max(6, Math.min(16, 180 / rows)), height = rows * edge + 18;
  const value = (row, step) => film.chooses ? +(agent.actions[0][step] === row) : agent.actions[row][step] / largest;
  const title = film.chooses ? 'action chosen' : `actions, from ${short(-largest)} (blue) to ${short(largest)} (orange)`;
  const whose = film.agents.length > 1 ? `${agent.label}: ` : '';
  trace(whose + title, height, (context, left, width) => {
    ticks(context, left, width, height);
    const wide = width / film.last;
    for (let row = 0; row < rows; row++) {
      for (let step = 0; step < agent.last; step++) {
        const now = value(row, step);
        context.globalAlpha = Math.min(Math.abs(now), 1);
        context.fillStyle = colour.of[now < 0 ? 'low' : 'high'];
        context.fillRect(left + wide * step, row * edge + 1, wide + .3, edge - 1);
      }
      context.globalAlpha = 1;
      if (edge > 9 || row % 2 === 0) {
        context.fillStyle = colour.of.soft;
        context.textAlign = 'right';
        context.fillText(film.chooses ? names[row].slice(0, 20) : row, left - 6, (row + .5) * edge);
      }
    }
  }, (step, share) => {
    const row = Math.min(Math.floor(share * height / edge), rows - 1);
    if (step >= agent.last) return `${agent.label} has ended`;
    if (film.chooses) return `step ${step + 1}: ${names[agent.actions[0][step]]}`;
    return `step ${step + 1}: ${names[row]}: ${agent.actions[row][step].toFixed(2)}`;
  });
}

// ---- The page.

function main() {
  const canvas = byId('view'), picture = film.scene.kind === 'cells' ? cells(canvas) : bodies(canvas);
  if (!picture) return fallback('no WebGL');
  const labels = film.agents.map((agent, index) => {
    const label = byId('labels').appendChild(document.createElement('div')), name = document.createElement('b');
    name.textContent = agent.label;
    name.style.color = `var(--${AGENTS[index]})`;
    const notes = agent.notes.map(note => Object.assign(document.createElement('div'), { textContent: note }));
    notes.forEach(note => Object.assign(note.style, { padding: 0, border: 0 }));
    const now = label.appendChild(document.createElement('span'));
    label.prepend(name, ...notes);
    return now;
  });
  curve('return so far', agent => agent.totals);
  curve('reward of a step', agent => agent.rewards[0]);
  film.agents.forEach(deeds);

  const scrub = byId('scrub');
  scrub.max = film.last;
  scrub.oninput = () => { play(false); seek(+scrub.value); };
  byId('play').onclick = () => play(!clock.plays);
  document.onkeydown = event => {
    if (['SELECT', 'BUTTON'].includes(event.target.tagName)) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === ' ') play(!clock.plays);
    else if (step) { play(false); seek(Math.round(clock.at) + step); }
    else return;
    event.preventDefault();
  };
  const resize = () => {
    colour.of = Object.fromEntries(['soft', 'low', 'high'].map(name => [name, colour(name)]));
    [canvas.width, canvas.height] = [canvas.clientWidth * devicePixelRatio, canvas.clientHeight * devicePixelRatio];
    traces.forEach(each => each.resize());
  };
  addEventListener('resize', resize);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', resize);
  resize();

  // `#step=120` shows one frame
  const asked = /^#step=(\d+)/.exec(location.hash);
  if (asked) seek(+asked[1]);
  play(!asked && !matchMedia('(prefers-reduced-motion: reduce)').matches);
  const show = now => {
    tick(now);
    const step = Math.floor(clock.at);
    picture(clock.at);
    traces.forEach(each => each.draw(clock.at));
    scrub.value = clock.at;
    const time = film.unit === 's' ? `${(clock.at * film.seconds).toFixed(2)} s, ` : '';
    byId('time').textContent = `${time}step ${step}`;
    labels.forEach((label, index) => {
      const agent = film.agents[index], done = Math.min(step, agent.last);
      const end = agent.last < film.last || agent.ended ? ` · ended at step ${agent.last}` : '';
      label.textContent = `return ${short(done ? agent.totals[done - 1] : 0)}` + (step >= agent.last ? end : '');
    });
    requestAnimationFrame(show);
  };
  requestAnimationFrame(now => {
    clock.before = now;
    show(now);
    state('playing');
  });
}

if (typeof DecompressionStream === 'undefined') fallback('no DecompressionStream');
else unpack().then(main).catch(error => { fallback('error'); console.error(error); });
