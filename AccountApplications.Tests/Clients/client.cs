using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Generated;

// Uses the API by the client that NSwag made of its document, and returns what it saw, as JSON.
public static class Driver
{
    public static async Task<string> RunAsync(Uri host, string unknownState)
    {
        using var http = new HttpClient { BaseAddress = host };
        var api = new Client(http);
        var seen = new Dictionary<string, object>();

        var submitted = await api.SubmitApplicationAsync(null, new Submission { Name = "Gabe", Address = "ABadAddress" });
        var id = submitted.Id;
        seen["submitted"] = submitted.Name;
        while ((await api.GetApplicationAsync(id)).State != "FLAGGED_FOR_REVIEW")
        {
        }

        seen["read"] = (await api.GetApplicationAsync(id)).Workflow;
        while (!await IsListedAsync(api, id))
        {
        }

        seen["listed"] = true;
        var reviewed = await api.ReviewApplicationAsync(null, new ReviewRequest { Decision = Decision.APPROVE, Comment = "Seen." }, id);
        seen["reviewed"] = new[] { reviewed.State, reviewed.Review.Comment };
        var conflict = await RefusalOfAsync(() => api.ReviewApplicationAsync(null, new ReviewRequest { Decision = Decision.REJECT }, id));
        seen["conflict"] = new object[] { conflict.StatusCode, conflict.Result.Detail };
        var refused = await RefusalOfAsync(() => api.SubmitApplicationAsync(null, new Submission { Name = " ", Address = "" }));
        seen["refused"] = new object[] { refused.StatusCode }.Concat(refused.Result.Errors.Keys);

        using var later = new HttpClient(new Renaming(unknownState)) { BaseAddress = host };
        var unknown = await new Client(later).GetApplicationAsync(id);
        seen["unknown"] = new[] { unknown.State, unknown.Workflow };
        return JsonSerializer.Serialize(seen);
    }

    private static async Task<bool> IsListedAsync(Client api, string id)
    {
        ApplicationPage page = null;
        do
            page = await api.FindApplicationsAsync(State.FLAGGED_FOR_REVIEW, 100, page?.NextPageToken);
        while (!page.Items.Any(item => item.Id == id) && page.NextPageToken != null);
        return page.Items.Any(item => item.Id == id);
    }

    private static async Task<ApiException<Problem>> RefusalOfAsync(Func<Task> call)
    {
        try
        {
            await call();
            throw new InvalidOperationException("It was not refused.");
        }
        catch (ApiException<Problem> refused)
        {
            return refused;
        }
    }

    /// <summary>Answers as a later release might.</summary>
    private sealed class Renaming : DelegatingHandler
    {
        private readonly string _state;

        public Renaming(string state) : base(new HttpClientHandler()) => _state = state;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            answer.Content = new StringContent(
                text.Replace("\"state\":\"APPROVED\"", $"\"state\":\"{_state}\"").Replace("\"workflow\":null", $"\"workflow\":\"{_state}\",\"more\":[{{}}]"));
            return answer;
        }
    }
}
