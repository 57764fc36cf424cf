using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace AccountApplications.Tests.Robustness;

/// <summary>A request as it goes over the wire, whatever HTTP thinks of it; its length is told truly, or nobody could answer.</summary>
internal sealed record RawRequest(string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    public byte[] ToBytes(Uri server)
    {
        var head = new StringBuilder($"{Method} {Target} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Length: {Body.Length}\r\n");
        foreach (var (name, value) in Headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        return [.. Encoding.Latin1.GetBytes($"{head}\r\n"), .. Body];
    }

    public override string ToString() =>
        $"{Method} {Target} {string.Join(", ", Headers)} {Convert.ToBase64String(Body.AsSpan(0, Math.Min(Body.Length, 600)))}";
}

/// <summary>What came back: <c>Text</c> is the body, <c>Headers</c> the lines before it.</summary>
internal sealed record RawAnswer(int Status, string Headers, string Text);

/// <summary>Connections that are kept alive, and taken again while they last.</summary>
internal sealed class RawHttp(Uri server) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentBag<TcpClient> _idle = [];

    /// <exception cref="TimeoutException">No answer within 10 s.</exception>
    public async Task<RawAnswer> SendAsync(RawRequest request)
    {
        while (_idle.TryTake(out var used))
        {
            try
            {
                return await SendAsync(used, request);
            }
            catch (IOException)
            {
                // It had been closed after its last answer.
                used.Dispose();
            }
        }

        var fresh = new TcpClient { NoDelay = true };
        await fresh.ConnectAsync(server.Host, server.Port);
        return await SendAsync(fresh, request);
    }

    public void Dispose()
    {
        foreach (var client in _idle)
            client.Dispose();
    }

    private async Task<RawAnswer> SendAsync(TcpClient client, RawRequest request)
    {
        using var patience = new CancellationTokenSource(Patience);
        var stream = client.GetStream();
        try
        {
            await stream.WriteAsync(request.ToBytes(server), patience.Token);
        }
        catch (IOException)
        {
            // Refused before all of it was sent; the answer may still be there.
        }

        try
        {
            var answer = await ReadAsync(stream, request.Method == "HEAD", patience.Token);
            if (answer.Headers.Contains("Connection: close", StringComparison.OrdinalIgnoreCase))
                client.Dispose();
            else
                _idle.Add(client);
            return answer;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"No answer within {Patience.TotalSeconds} s.");
        }
    }

    private static async Task<RawAnswer> ReadAsync(NetworkStream stream, bool isHead, CancellationToken patience)
    {
        var reader = new LineReader(stream);
        var status = int.Parse((await reader.LineAsync(patience)).Split(' ')[1], CultureInfo.InvariantCulture);
        var headers = new StringBuilder();
        var length = 0;
        var isChunked = false;
        while (await reader.LineAsync(patience) is { Length: > 0 } line)
        {
            headers.Append(line).Append('\n');
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                length = int.Parse(line.AsSpan(15), CultureInfo.InvariantCulture);
            isChunked |= line.Equals("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
        }

        if (isHead)
            return new RawAnswer(status, headers.ToString(), "");
        if (!isChunked)
            return new RawAnswer(status, headers.ToString(), Encoding.UTF8.GetString(await reader.BytesAsync(length, patience)));
        List<byte> body = [];
        while (int.Parse(await reader.LineAsync(patience), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var chunk)
        {
            body.AddRange(await reader.BytesAsync(chunk, patience));
            await reader.LineAsync(patience);
        }

        await reader.LineAsync(patience);
        return new RawAnswer(status, headers.ToString(), Encoding.UTF8.GetString([.. body]));
    }

    private sealed class LineReader(NetworkStream stream)
    {
        private readonly byte[] _buffer = new byte[8192];
        private int _at;
        private int _end;

        public async Task<string> LineAsync(CancellationToken patience)
        {
            var line = new StringBuilder();
            while (true)
            {
                var next = (char)(await BytesAsync(1, patience))[0];
                if (next == '\n')
                    return line.ToString().TrimEnd('\r');
                line.Append(next);
            }
        }

        public async Task<byte[]> BytesAsync(int count, CancellationToken patience)
        {
            var bytes = new byte[count];
            for (var read = 0; read < count;)
            {
                if (_at == _end)
                {
                    (_at, _end) = (0, await stream.ReadAsync(_buffer, patience));
                    if (_end == 0)
                        throw new IOException("The connection was closed.");
                }

                var taken = Math.Min(count - read, _end - _at);
                _buffer.AsSpan(_at, taken).CopyTo(bytes.AsSpan(read));
                (read, _at) = (read + taken, _at + taken);
            }

            return bytes;
        }
    }
}
