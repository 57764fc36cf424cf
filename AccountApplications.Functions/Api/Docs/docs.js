'use strict';

SwaggerUIBundle({ dom_id: '#docs', url: '/api/openapi.json', deepLinking: true, displayRequestDuration: true, validatorUrl: null });
