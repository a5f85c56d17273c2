// A heatmap on a map to move. Where its pixels lie is known to place.js, which stands before it.
const at = (id) => document.getElementById(id);

// --- What is packed. ---

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

async function inflate(text) {
  const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Rows hold what they have more than the row above, modulo 256.
async function plane(text) {
  const levels = await inflate(text);
  for (let i = nColumns; i < levels.length; i++) levels[i] += levels[i - nColumns];
  return levels;
}

async function picture(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
}

// --- The heat: a canvas whose rows are even on the map. ---

const canvas = document.createElement("canvas");

// Which row of levels each of the canvas's rows shows.
function rowsShown() {
  if (heat.map !== "flat") return Int32Array.from({length: nRows}, (_, row) => row);
  // As fine as the picture where Mercator stretches it least.
  const nearest = bottom > 0 ? bottom : Math.min(top_, 0);
  const finest = (north - south) / nRows / Math.cos(nearest * Math.PI / 180);
  const tall = mercator(top_) - mercator(bottom);
  const length = Math.max(1, Math.min(8192, Math.ceil(tall / finest)));
  return Int32Array.from({length}, (_, row) => {
    const lat = latitude(mercator(top_) - (row + 0.5) / length * tall);
    const [, shown] = pixels({lat, lng: west});
    return Math.min(nRows - 1, Math.floor(shown / heat.every));
  });
}

// The scheme's 256 colors, as a canvas holds them.
function palette(name) {
  const colors = bytes(heat.schemes[name]);
  for (let i = 0; i < 256; i++) colors[4 * i + 3] = colors[4 * i + 3] * heat.alpha[i] / 255;
  return colors;
}

function paint(levels, cover, rows, colors) {
  const table = new Uint32Array(colors.buffer);
  const image = new ImageData(nColumns, rows.length);
  const words = new Uint32Array(image.data.buffer);
  rows.forEach((row, shown) => {
    for (let i = row * nColumns, o = shown * nColumns; i < (row + 1) * nColumns; i++, o++) {
      words[o] = table[levels[i]];
      if (cover) image.data[4 * o + 3] *= cover[i] / 255;
    }
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Mixed colors come as a picture of their own: its rows are stretched likewise.
function paintMixed(mixed, rows) {
  const context = canvas.getContext("2d");
  rows.forEach((row, shown) => context.drawImage(
    mixed, 0, row / nRows * mixed.height, mixed.width, mixed.height / nRows,
    0, shown, canvas.width, 1));
}

// --- The map. ---

function makeMap() {
  const map = L.map("map", {
    crs: onMap ? L.CRS.EPSG3857 : L.CRS.Simple,
    minZoom: -20, zoomSnap: 0.25, maxBoundsViscosity: 0.8,
  });
  // The panel lies over the right of a wide map: the heat is fitted into what is left.
  const panel = at("panel").getBoundingClientRect();
  const beside = panel.left > 300 ? window.innerWidth - panel.left : 0;
  map.fitBounds(bounds, {paddingTopLeft: [10, 10], paddingBottomRight: [10 + beside, 24]});
  const fitted = map.getZoom();
  map.setMinZoom(fitted - 1).setMaxZoom(fitted + 7).setMaxBounds(bounds.pad(1));
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
  return map;
}

async function addLand(map) {
  const rings = JSON.parse(new TextDecoder().decode(await inflate(heat.land)));
  // Below the heat: Leaflet's own pane for images holds vectors too.
  map.createPane("land").style.zIndex = 150;
  const renderer = L.canvas({pane: "land", padding: 0.5});
  const turn = 360 * Math.round((west + east) / 720);
  for (const shift of [turn - 360, turn, turn + 360]) {   // the world repeats
    const outlines = rings.map((ring) => ring.map(([lng, lat]) => [lat, lng + shift]));
    L.polygon(outlines, {
      pane: "land", renderer, stroke: false, fillColor: "#242c39", fillOpacity: 1,
      interactive: false, smoothFactor: 0.5,
    }).addTo(map);
  }
  map.attributionControl.addAttribution("Land: Natural Earth");
}

// --- The value at a place. ---

// A number with as many digits as its error leaves, and the error rounded up over them.
function written(value, error) {
  if (error === 0) return String(value);
  const digits = 1 - Math.floor(Math.log10(error));
  if (digits > 9 || digits < -6 || Math.abs(value) >= 1e9) {
    return `${value.toExponential(3)} ± ${(error + Math.abs(value) * 5e-4).toExponential(1)}`;
  }
  const step = 10 ** -digits;
  const shown = (Math.ceil(error / step + 0.5) * step).toFixed(Math.max(0, digits));
  return `${(Math.round(value / step) * step).toFixed(Math.max(0, digits))} ± ${shown}`;
}

function placeText({lat, lng}) {
  const digits = Math.min(9, Math.max(0, Math.ceil(Math.log10(2 * width / (east - west)))));
  if (onMap) {
    const around = ((lng + 180) % 360 + 360) % 360 - 180;
    return `${Math.abs(lat).toFixed(digits)}° ${lat < 0 ? "S" : "N"}, ` +
      `${Math.abs(around).toFixed(digits)}° ${around < 0 ? "W" : "E"}`;
  }
  const x = west + lng / width * (east - west), y = south + lat / height * (north - south);
  return `x ${x.toFixed(digits)}, y ${y.toFixed(digits)}`;
}

// What is known of a place: nothing outside the picture; where the page holds fewer pixels than
// the picture had, what it holds of the nearest one, and where that is.
function reading(levels, where) {
  const [column, row] = pixels(where).map(Math.floor);
  const inside = column >= 0 && row >= 0 && column < width && row < height;
  if (!inside || !bounds.contains(where)) return {where, outside: true, value: null};
  const [x, y] = [column, row].map((pixel) => Math.floor(pixel / heat.every));
  const level = levels[y * nColumns + x];
  if (heat.every > 1) {
    const middle = (pixel, most) =>
      Math.min(pixel * heat.every + Math.floor(heat.every / 2), most - 1) + 0.5;
    where = place(middle(x, width), middle(y, height));
  }
  return {where, outside: false, value: heat.values[level], error: heat.errors[level]};
}

function tell({where, outside, value, error}) {
  const known = value === null ? "no value here" : `${written(value, error)} ${heat.unit}`;
  at("value").textContent = outside ? "outside the picture" : known;
  at("place").textContent = placeText(where);
}

// --- The panel. ---

function fillLegend() {
  at("ticks").replaceChildren(...heat.ticks.map(([t, text]) => {
    const tick = document.createElement("li");
    tick.textContent = text;
    tick.style.left = `${100 * t}%`;
    tick.style.transform = `translateX(${-100 * t}%)`;   // the ends stay within
    return tick;
  }));
  at("categories").replaceChildren(...heat.categories.map(([name, color]) => {
    const entry = document.createElement("li"), swatch = document.createElement("i");
    swatch.style.background = `rgb(${color})`;
    entry.append(swatch, name);
    return entry;
  }));
  const mixed = heat.categories.length > 0;
  for (const id of ["ramp", "ticks", "picker"]) at(id).hidden = mixed;
  at("categories").hidden = !mixed;
}

function drawRamp(colors) {
  const image = new ImageData(256, 1);
  for (let i = 0; i < 256; i++) image.data.set(colors.subarray(4 * i, 4 * i + 4), 4 * (255 - i));
  at("ramp").getContext("2d").putImageData(image, 0, 0);
}

function note() {
  const few = heat.every > 1
    ? ` The page holds ${nColumns} × ${nRows} of ${width} × ${height} pixels; values are those ` +
      "of the nearest one, at the place told." : "";
  return `Values come from 256 levels; each pixel's density lies within the ± told.${few}`;
}

// --- All of it. ---

async function main() {
  at("note").textContent = note();
  fillLegend();
  const map = makeMap();
  if (onMap) await addLand(map);
  const levels = await plane(heat.levels);
  const cover = heat.cover && await plane(heat.cover);
  const mixed = heat.mixed && await picture(heat.mixed);
  const rows = rowsShown();
  canvas.width = nColumns;
  canvas.height = rows.length;

  const color = () => {
    if (mixed) return paintMixed(mixed, rows);
    const colors = palette(at("scheme").value);
    paint(levels, cover, rows, colors);
    drawRamp(colors);
  };
  at("scheme").append(...Object.keys(heat.schemes).map((name) => new Option(name)));
  at("scheme").value = heat.scheme;
  at("scheme").addEventListener("input", color);
  color();

  // An overlay of Leaflet's that takes any element as its picture.
  const overlay = L.svgOverlay(canvas, bounds, {opacity: heat.opacity / 255}).addTo(map);
  at("opacity").value = heat.opacity;
  at("opacity").addEventListener("input", () => overlay.setOpacity(at("opacity").value / 255));
  at("settings").addEventListener("submit", (event) => event.preventDefault());

  at("value").textContent = "Point at the map";
  map.on("mousemove click", ({latlng}) => tell(reading(levels, latlng)));
  map.on("move", () => {
    if (at("map").matches(":focus-visible")) tell(reading(levels, map.getCenter()));
  });
  window.gpuheat = {map, read: (lat, lng) => reading(levels, L.latLng(lat, lng))};
  document.body.dataset.ready = "yes";
}

main().catch((problem) => {
  at("value").textContent = `This page cannot be shown: ${problem.message}`;
  throw problem;
});
