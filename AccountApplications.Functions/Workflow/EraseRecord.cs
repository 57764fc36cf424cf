using System.Text.Json.Serialization;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Workflow;

/// <summary>What <see cref="EraseRecord"/> came to.</summary>
[JsonConverter(typeof(WireNames.Converter<ErasedRecord>))]
public enum ErasedRecord
{
    /// <summary>There is no such application.</summary>
    None,

    /// <summary>Erased, long after its end: nobody was at it.</summary>
    Settled,

    /// <summary>Erased, and somebody may have been at it.</summary>
    UnderWay,
}

public sealed class EraseRecord(ApplicationEraser eraser, EventQueue events)
{
    private const string Retention = "retention";

    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(10);

    /// <summary>Leaves of the application's record what may be known of it, and tells so.</summary>
    [Function(nameof(EraseRecord))]
    public async Task<ErasedRecord> Run([ActivityTrigger] Erasure erasure)
    {
        if (await eraser.EraseAsync(erasure.Id, erasure.By ?? Retention) is not { Erased: var erased })
            return ErasedRecord.None;
        await events.SendErasedAsync(erased.Id, erased.ErasedAt);
        return erased.History is [.., var last] && last.State.IsEnd() && erased.ErasedAt - last.At > Rest ? ErasedRecord.Settled : ErasedRecord.UnderWay;
    }
}
