"use strict";
// Shows the operations of the API by Swagger UI, which asks this server alone. A token that is put in lives as long as the page.

const place = document.getElementById("operations");
const dark = matchMedia("(prefers-color-scheme: dark)");
const dress = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

dress();
dark.addEventListener("change", dress);
SwaggerUIBundle({ url: place.dataset.from, domNode: place, deepLinking: true, validatorUrl: null, defaultModelsExpandDepth: 0 });
